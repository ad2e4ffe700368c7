public import CDovetail
public import PluginSDK

/// Keeps the host's records: what `metadata.provider` of the configuration names.
///
/// Offer it with `context.provide(_:)` in `init(context:)`. The host makes one call at a time, on any thread, first `open` and last
/// `close`, unless `isParallel`; it may open again after `close`. A call must not use the metadata store. What it throws is told to
/// the writer or operator: say what, where and why. A record is what it was given; nobody expects it to be understood.
public protocol RecordProvider: AnyObject, Sendable {
  /// What `metadata.provider` says: 1…64 of `a-z 0-9 _ -`, not `file` or `memory`.
  var name: String { get }
  /// The most that `save` reaches: `os` or `disk`.
  var strongest: Durability { get }
  /// Whether `load`, `loadSession`, `backup`, `search` and `metrics` may run beside any other call but `close`.
  var isParallel: Bool { get }

  /// Opens what is there, or makes it, and shows every record to `opening`. Another process that has it open is a failure with
  /// code `unavailable`; `NewerFormat` is thrown after having touched nothing.
  ///
  /// - Returns: A revision that is at least that of every batch ever saved; 0 for a new store.
  func open(_ opening: RecordOpening) throws -> UInt64
  /// Shows one record as it was saved last.
  ///
  /// - Returns: Whether there is one.
  func load(_ collection: dvt_str, _ key: dvt_str, _ receiver: RecordReceiver) throws -> Bool
  /// Shows every record as it was saved last, once each, in any order.
  func forEach(_ receiver: RecordReceiver) throws
  /// Saves a batch, all or nothing, also after a crash at any moment.
  ///
  /// - Returns: What is true now, never more.
  func save(_ batch: RecordBatch) throws -> Durability
  /// Brings everything that was saved to the disk.
  func sync() throws
  /// Keeps a document that is no record in place of the former one, on the disk.
  func saveSession(_ document: dvt_bytes, as name: String) throws
  /// The document that `saveSession` kept; `nil` when there is none.
  func loadSession(_ name: String) throws -> [UInt8]?
  /// Lets go of everything.
  func close() throws

  /// Copies what is kept, consistently, to a file or folder that must not exist yet.
  func backup(to path: String, progress: (_ done: Int, _ total: Int) -> Void) throws
  /// Keys of a collection's records of which the text has every one of the words, best first.
  func search(_ words: String, in collection: String, _ receive: (dvt_str) throws -> Void) throws
  /// Keeps figures.
  func saveMetrics(_ samples: UnsafeBufferPointer<dvt_sample>) throws
  /// Shows figures of one name with `from` <= time < `until`, by time.
  func metrics(
    _ name: String, from: Int64, until: Int64, _ receive: (dvt_sample) throws -> Void
  ) throws
  /// Which of `backup`, `search` and `saveMetrics` with `metrics` it has.
  var abilities: RecordAbilities { get }
}

/// What a provider may have beside records and sessions.
public struct RecordAbilities: OptionSet, Sendable {
  /// The bits.
  public let rawValue: UInt32

  /// Takes bits.
  public init(rawValue: UInt32) {
    self.rawValue = rawValue
  }

  /// `backup`.
  public static let backup = RecordAbilities(rawValue: 1)
  /// `search`.
  public static let search = RecordAbilities(rawValue: 2)
  /// `saveMetrics` and `metrics`.
  public static let metrics = RecordAbilities(rawValue: 4)
}

/// Thrown by `open` for what a newer version wrote, after having touched nothing.
public struct NewerFormat: Error {
  /// The format that was found.
  public let found: Int
  /// The newest that this build knows.
  public let known: Int

  /// Names both formats.
  public init(found: Int, known: Int) {
    self.found = found
    self.known = known
  }
}

extension RecordProvider {
  /// One call at a time.
  public var isParallel: Bool { false }
  /// Nothing more.
  public var abilities: RecordAbilities { [] }
  /// Makes none.
  public func backup(to path: String, progress: (_ done: Int, _ total: Int) -> Void) throws {
    throw PluginError(.unsupported, "\(name) makes no backups")
  }
  /// Finds nothing.
  public func search(
    _ words: String, in collection: String, _ receive: (dvt_str) throws -> Void
  ) throws {
    throw PluginError(.unsupported, "\(name) does not search")
  }
  /// Keeps none.
  public func saveMetrics(_ samples: UnsafeBufferPointer<dvt_sample>) throws {
    throw PluginError(.unsupported, "\(name) keeps no figures")
  }
  /// Has none.
  public func metrics(
    _ name: String, from: Int64, until: Int64, _ receive: (dvt_sample) throws -> Void
  ) throws {
    throw PluginError(.unsupported, "\(self.name) keeps no figures")
  }
}
