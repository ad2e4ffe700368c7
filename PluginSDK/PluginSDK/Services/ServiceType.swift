/// A service with one type of request and one of reply, both as JSON.
public struct ServiceType<
  Request: Codable & SendableMetatype, Reply: Codable & SendableMetatype
>: Sendable {
  /// The service's name, in the grammar of topics.
  public let name: String

  /// Names a service.
  public init(_ name: String) {
    self.name = name
  }
}
