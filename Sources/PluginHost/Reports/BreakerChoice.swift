/// Which circuit breakers an operator means.
public enum BreakerChoice: Sendable, Equatable {
  /// All of them.
  case all
  /// Those of a name, `SERVICE`, `SERVICE@CALLER` or `SERVICE@CALLER/LABEL`: one for each plugin that offers or offered the service.
  case name(String)
  /// Those of the services that a plugin offers.
  case provider(String)
}
