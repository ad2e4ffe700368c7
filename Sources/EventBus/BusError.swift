/// Why the bus refused something.
public enum BusError: Error, Equatable, CustomStringConvertible {
  /// An argument is malformed.
  case invalid(String)
  /// The owner has a registration of that name already.
  case nameTaken(String)
  /// A service of that name is offered by another party.
  case serviceTaken(String, by: String)
  /// Somebody declared the topic or pattern otherwise.
  case typeTaken(String, by: String)
  /// Nobody offers the service.
  case noSuchService(String)
  /// There is no such registration, or it ended.
  case gone
  /// A bounded table has no room.
  case full(String)

  /// The whole error in one line.
  public var description: String {
    switch self {
    case .invalid(let reason): reason
    case .nameTaken(let name):
      "there is a registration named '\(name)' already; choose another name"
    case .serviceTaken(let name, let owner):
      "service '\(name)' is offered by \(owner) already; unload it or choose another name"
    case .typeTaken(let pattern, let owner):
      "'\(pattern)' is declared by \(owner) already, with another schema or content type; declare the same, or choose another topic"
    case .noSuchService(let name):
      "nobody offers the service '\(name)'; 'dovetail list' shows which plugins are active"
    case .gone: "the registration has ended"
    case .full(let what): "no room for another \(what)"
    }
  }
}
