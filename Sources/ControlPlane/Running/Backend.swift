public import HostSupport
public import PluginHost

/// What the command line needs from the host's modules beside a running host.
public struct Backend: Sendable {
  /// Makes a host from what `run` was asked for; it is started later.
  public let makeHost: @Sendable (RunOptions, LogWriter) throws(OperationError) -> any HostRunner
  /// Looks at a plugin's file without running its code.
  public let inspect: @Sendable (_ path: String) throws(OperationError) -> InspectReport

  /// Names both.
  public init(
    makeHost:
      @escaping @Sendable (RunOptions, LogWriter) throws(OperationError) -> any HostRunner,
    inspect: @escaping @Sendable (String) throws(OperationError) -> InspectReport
  ) {
    self.makeHost = makeHost
    self.inspect = inspect
  }
}
