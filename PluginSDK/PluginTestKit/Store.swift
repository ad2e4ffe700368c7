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
    /// Nanoseconds on the test's clock; `nil` for never.
    var expires: Int64?
    var isDeleted = false
    var isExpired = false
    /// Of the change.
    var revision: UInt64 = 0

    /// Shows the record to a receiver, and returns its answer.
    func show(_ receiver: dvt_record_receiver?, _ context: UnsafeMutableRawPointer?) -> Int32 {
      let arena = Arena()
      var raw = unsafe raw(arena)
      defer { withExtendedLifetime(arena) {} }
      return unsafe receiver?(context, &raw) ?? DVT_OK
    }

    /// The record as the ABI has it.
    func raw(_ arena: Arena) -> dvt_record {
      var raw = unsafe dvt_record.headed()
      unsafe raw.collection = unsafe arena.text(collection)
      unsafe raw.key = unsafe arena.text(key)
      unsafe raw.value = unsafe value.raw(arena)
      unsafe raw.version = version
      unsafe raw.created = created
      unsafe raw.modified = modified
      unsafe raw.deleted = isDeleted ? 1 : 0
      unsafe raw.flags = isExpired ? DVT_RECORD_EXPIRED : 0
      unsafe raw.expires = expires ?? .max
      unsafe raw.revision = revision
      return unsafe raw
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
    var expires: Int64?
  }

  /// Why nothing changed.
  enum Refusal: Error, Sendable {
    case conflict(Item?)
    case notFound
    /// A validator refused, or writes itself.
    case vetoed(PluginError)
  }

  private(set) var revision: UInt64 = 0
  private(set) var writes: UInt64 = 0
  private var items: [String: [String: Item]] = [:]
  private var changes: [Item] = []

  /// How many records there are.
  var count: Int { items.values.reduce(0) { $0 + $1.count } }

  /// One record.
  func item(_ collection: String, _ key: String) -> Item? { items[collection]?[key] }

  /// The records of a collection by key.
  func list(_ collection: String, _ prefix: String, after: String = "") -> [Item] {
    (items[collection] ?? [:]).values.filter { $0.key.hasPrefix(prefix) && $0.key > after }
      .sorted { $0.key < $1.key }
  }

  /// The changes of one record, newest first.
  func history(_ collection: String, _ key: String) -> [Item] {
    changes.reversed().filter { $0.collection == collection && $0.key == key }
  }

  /// One record as it was at a revision.
  func item(_ collection: String, _ key: String, at revision: UInt64) -> Item? {
    let change = history(collection, key).first { $0.revision <= revision }
    guard let change, !change.isDeleted else { return nil }
    return change
  }

  /// Applies all changes under one revision, or none.
  ///
  /// - Returns: What each did.
  mutating func apply(_ requests: [Request]) throws(Refusal) -> [Item] {
    guard !requests.isEmpty else { return [] }
    var next = self
    next.revision += 1
    var done: [Item] = []
    for request in requests { done.append(try next.apply(request)) }
    self = next
    return done
  }

  private mutating func apply(_ request: Request) throws(Refusal) -> Item {
    let current = item(request.collection, request.key)
    let isExpected =
      switch request.expect {
      case DVT_EXPECT_ABSENT: current == nil
      case DVT_EXPECT_VERSION: current?.version == request.expected
      default: true
      }
    guard isExpected else { throw .conflict(current) }
    guard var item = request.value.map({ made(request, $0, over: current) }) ?? current else {
      throw .notFound
    }
    item.isDeleted = request.value == nil
    item.revision = revision
    note(item)
    return item
  }

  private func made(_ request: Request, _ value: Value, over current: Item?) -> Item {
    Item(
      collection: request.collection, key: request.key, value: value,
      version: (current?.version ?? 0) + 1, created: current?.created ?? revision,
      modified: revision, expires: request.expires)
  }

  private mutating func note(_ item: Item) {
    items[item.collection, default: [:]][item.key] = item.isDeleted ? nil : item
    var change = item
    if item.isDeleted { change.value = .null }
    changes.append(change)
    writes += 1
  }

  /// Removes the records whose time is over.
  ///
  /// - Parameter now: Nanoseconds on the test's clock.
  /// - Returns: The removals.
  mutating func expire(_ now: Int64) -> [Item] {
    let over = items.values.flatMap(\.values).filter { ($0.expires ?? .max) <= now }
    return over.sorted { ($0.expires ?? 0, $0.key) < ($1.expires ?? 0, $1.key) }.map { item in
      var item = item
      revision += 1
      item.isDeleted = true
      item.isExpired = true
      item.revision = revision
      note(item)
      return item
    }
  }
}
