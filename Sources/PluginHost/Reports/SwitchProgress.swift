/// How far a switch of the metadata store to another provider has come.
public struct SwitchProgress: Codable, Sendable, Equatable {
  /// How it stands.
  public enum State: String, Codable, Sendable {
    /// Records are copied.
    case copying
    /// They are read back.
    case verifying
    /// The new provider is in charge.
    case done
    /// The old one is.
    case failed
  }

  /// How it stands.
  public var state: State
  /// The provider that is in charge, or (until it is over) is to be.
  public var provider: String
  /// Records copied, or read back.
  public var records: Int
  /// Of how many.
  public var total: Int
  /// When it is done: the sum of the records' hashes that both providers gave, in hexadecimal.
  public var checksum: String?
  /// Why it failed, or what to do now.
  public var detail: String?

  /// Describes a moment.
  public init(
    _ state: State, provider: String, records: Int, total: Int, checksum: String? = nil,
    detail: String? = nil
  ) {
    self.state = state
    self.provider = provider
    self.records = records
    self.total = total
    self.checksum = checksum
    self.detail = detail
  }

  /// Whether it has ended.
  public var isOver: Bool { state == .done || state == .failed }
}
