import CDovetail
import PluginSDK

/// The metadata of a `TestHost`.
struct Store: Sendable {
  /// One record.
  struct Item: Sendable {
    var collection: String
    var key: String
    var value: Value
    var version: UInt64
    var created: UInt64
    var modified: UInt64
    var isDeleted = false

    /// Shows the record to a receiver, and returns its answer.
    func show(_ receiver: dvt_record_receiver?, _ context: UnsafeMutableRawPointer?) -> Int32 {
      let arena = Arena()
      var raw = unsafe dvt_record.headed()
      unsafe raw.collection = unsafe arena.text(collection)
      unsafe raw.key = unsafe arena.text(key)
      unsafe raw.value = unsafe value.raw(arena)
      unsafe raw.version = version
      unsafe raw.created = created
      unsafe raw.modified = modified
      unsafe raw.deleted = isDeleted ? 1 : 0
      defer { withExtendedLifetime(arena) {} }
      return unsafe receiver?(context, &raw) ?? DVT_OK
    }
  }

  /// A change that was asked for.
  struct Request: Sendable {
    var collection: String
    var key: String
    /// `nil` removes.
    var value: Value?
    var expect: UInt32
    var expected: UInt64
  }

  /// What became of it.
  enum Outcome: Sendable {
    case done(Item, version: UInt64)
    case conflict(Item?)
    case notFound
  }

  private(set) var revision: UInt64 = 0
  private var items: [String: [String: Item]] = [:]

  /// One record.
  func item(_ collection: String, _ key: String) -> Item? { items[collection]?[key] }

  /// The records of a collection by key.
  func list(_ collection: String, _ prefix: String) -> [Item] {
    (items[collection] ?? [:]).values.filter { $0.key.hasPrefix(prefix) }.sorted { $0.key < $1.key }
  }

  /// Applies a change if its expectation holds.
  mutating func apply(_ request: Request) -> Outcome {
    let current = item(request.collection, request.key)
    let isExpected =
      switch request.expect {
      case DVT_EXPECT_ABSENT: current == nil
      case DVT_EXPECT_VERSION: current?.version == request.expected
      default: true
      }
    guard isExpected else { return .conflict(current) }
    if request.value == nil && current == nil { return .notFound }
    revision += 1
    var item = Item(
      collection: request.collection, key: request.key, value: request.value ?? .null,
      version: (current?.version ?? 0) + 1, created: current?.created ?? revision,
      modified: revision)
    item.isDeleted = request.value == nil
    items[request.collection, default: [:]][request.key] = item.isDeleted ? nil : item
    return .done(item, version: item.isDeleted ? 0 : item.version)
  }
}
