/// How much the collections below one name may hold together, such as all of a plugin's.
public struct NamespaceQuota: Sendable, Equatable {
  /// A collection of this name, and those that begin with it and a dot.
  public let namespace: String
  /// The most records; `nil` for any number.
  public let records: Int?
  /// The most bytes of memory; `nil` for any number.
  public let bytes: Int?
  /// Where the bound is set, for messages: a file and a line, or a key of the configuration.
  public let source: String

  /// Makes a bound.
  public init(namespace: String, records: Int?, bytes: Int?, source: String) {
    self.namespace = namespace
    self.records = records
    self.bytes = bytes
    self.source = source
  }

  func holds(_ collection: String) -> Bool {
    guard collection.utf8.count != namespace.utf8.count else { return collection == namespace }
    return collection.hasPrefix(namespace)
      && collection.utf8.dropFirst(namespace.utf8.count).first == UInt8(ascii: ".")
  }
}
