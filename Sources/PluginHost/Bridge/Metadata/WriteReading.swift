import CDovetail
import Glibc
import MetadataStore

/// Reads the changes and conditions that a plugin asks for.
enum WriteReading {
  /// Bytes of `dvt_write` before it had an expiry.
  private static let firstRevision = 112

  /// Reads a change of a collection that the manifest permits.
  ///
  /// - Parameters:
  ///   - instance: The plugin.
  ///   - given: What it asks.
  ///   - isRemoval: What the call says; `nil` to go by the flags.
  ///   - former: The collection of the change before, which is permitted.
  /// - Returns: The change.
  /// - Throws: DVT_INVALID, DVT_DENIED or DVT_TOO_LARGE.
  static func write(
    _ instance: PluginInstance, _ given: UnsafePointer<dvt_write>?, isRemoval: Bool?,
    after former: String? = nil
  ) throws(ErrorReport) -> MetadataWrite {
    let write = try unsafe MetadataCalls.read(given, "dvt_write", atLeast: firstRevision)
    let collection = try unsafe permitted(instance, write.collection, former)
    if collection == CollectionDefinition.reserved {
      throw ErrorReport(
        DVT_DENIED, "the collection '\(collection)' is the host's own; `define` a collection")
    }
    let key = try unsafe MetadataReading.text(write.key, "the key")
    guard let durability = unsafe Durability(rawValue: Int(write.durability)) else {
      throw ErrorReport(DVT_INVALID, "durability is not one of DVT_DURABILITY_…")
    }
    let expectation = try unsafe expectation(write)
    if unsafe isRemoval ?? (write.flags & DVT_WRITE_REMOVE != 0) {
      return .removing(key, from: collection, expectation: expectation, durability: durability)
    }
    return MetadataWrite(
      collection: collection, key: key, packed: try unsafe MetadataReading.value(write.value),
      expectation: expectation, durability: durability, expiry: try unsafe expiry(write))
  }

  /// A collection that the manifest permits, as that of the change before is.
  private static func permitted(
    _ instance: PluginInstance, _ given: dvt_str, _ former: String?
  ) throws(ErrorReport) -> String {
    if var former, unsafe given.len == former.utf8.count {
      let isSame = former.withUTF8 { name in
        unsafe memcmp(name.baseAddress ?? given.ptr, given.ptr, name.count) == 0
      }
      if isSame { return former }
    }
    return try unsafe MetadataCalls.permitted(instance, given)
  }

  private static func expectation(
    _ write: dvt_write
  ) throws(ErrorReport) -> MetadataWrite.Expectation {
    switch unsafe write.expect {
    case DVT_EXPECT_ANY: .any
    case DVT_EXPECT_ABSENT: .absent
    case DVT_EXPECT_VERSION: .version(unsafe write.expected_version)
    case let other: throw ErrorReport(DVT_INVALID, "expect is \(other), not one of DVT_EXPECT_…")
    }
  }

  private static func expiry(_ write: dvt_write) throws(ErrorReport) -> MetadataWrite.Expiry {
    switch unsafe write.expiry {
    case DVT_EXPIRY_BY_COLLECTION: return .byCollection
    case DVT_EXPIRY_NEVER: return .never
    case DVT_EXPIRY_AT: return .at(unsafe write.expires)
    case DVT_EXPIRY_AFTER:
      guard unsafe write.expires > 0 else {
        throw ErrorReport(
          DVT_INVALID, "expires is \(unsafe write.expires); give nanoseconds above 0")
      }
      return .after(unsafe write.expires)
    case let other: throw ErrorReport(DVT_INVALID, "expiry is \(other), not one of DVT_EXPIRY_…")
    }
  }

  /// Reads a transaction of collections that the manifest permits.
  ///
  /// - Throws: DVT_INVALID, DVT_DENIED or DVT_TOO_LARGE.
  static func transaction(
    _ instance: PluginInstance, _ given: UnsafePointer<dvt_transaction>?
  ) throws(ErrorReport) -> MetadataTransaction {
    let given = try unsafe MetadataCalls.read(
      given, "dvt_transaction", atLeast: MemoryLayout<dvt_transaction>.size)
    return MetadataTransaction(
      when: try unsafe conditions(instance, given),
      try unsafe writes(instance, given.writes, given.write_count, "writes"),
      otherwise: try unsafe writes(instance, given.otherwise, given.otherwise_count, "otherwise"))
  }

  private static func writes(
    _ instance: PluginInstance, _ given: UnsafePointer<UnsafePointer<dvt_write>?>?, _ count: UInt64,
    _ what: StaticString
  ) throws(ErrorReport) -> [MetadataWrite] {
    guard count > 0 else { return [] }
    guard count <= MetadataTransaction.maximumWrites, let given = unsafe given else {
      throw ErrorReport(
        DVT_INVALID,
        "\(what) has \(count) writes; give at most \(MetadataTransaction.maximumWrites), "
          + "and not at NULL")
    }
    var writes: [MetadataWrite] = []
    writes.reserveCapacity(Int(count))
    for index in 0..<Int(count) {
      writes.append(
        try unsafe write(
          instance, given[index], isRemoval: nil, after: writes.last?.collection))
    }
    return writes
  }

  private static func conditions(
    _ instance: PluginInstance, _ given: dvt_transaction
  ) throws(ErrorReport) -> [MetadataCondition] {
    let count = unsafe given.condition_count
    guard count > 0 else { return [] }
    guard count <= MetadataTransaction.maximumConditions, let list = unsafe given.conditions else {
      throw ErrorReport(
        DVT_INVALID,
        "a transaction has \(count) conditions; give at most "
          + "\(MetadataTransaction.maximumConditions), and not at NULL")
    }
    var conditions: [MetadataCondition] = []
    for index in 0..<Int(count) {
      conditions.append(try unsafe condition(instance, list[index]))
    }
    return conditions
  }

  private static func condition(
    _ instance: PluginInstance, _ given: dvt_condition
  ) throws(ErrorReport) -> MetadataCondition {
    let collection = try unsafe MetadataCalls.permitted(instance, given.collection)
    let key = try unsafe MetadataReading.text(given.key, "a condition's key")
    return MetadataCondition(collection, key, try unsafe subject(given))
  }

  private static func subject(
    _ given: dvt_condition
  ) throws(ErrorReport) -> MetadataCondition.Subject {
    switch unsafe given.subject {
    case DVT_IF_EXISTS: return .exists(unsafe given.number != 0)
    case DVT_IF_VERSION: return .version(try unsafe relation(given), unsafe given.number)
    case DVT_IF_MODIFIED: return .modified(try unsafe relation(given), unsafe given.number)
    case DVT_IF_FIELD:
      let text = try unsafe MetadataReading.text(given.field, "a condition's field")
      guard let path = FieldPath(text) else {
        throw ErrorReport(
          DVT_INVALID, "\"\(text)\" is no path of a field; join names of maps by dots")
      }
      let value = try unsafe MetadataReading.value(given.value)
      return .field(path, try unsafe relation(given), value.value)
    case let other: throw ErrorReport(DVT_INVALID, "subject is \(other), not one of DVT_IF_…")
    }
  }

  private static func relation(
    _ given: dvt_condition
  ) throws(ErrorReport) -> MetadataCondition.Relation {
    switch unsafe given.relation {
    case DVT_EQUAL: .equal
    case DVT_UNEQUAL: .unequal
    case DVT_LESS: .less
    case DVT_AT_MOST: .atMost
    case DVT_GREATER: .greater
    case DVT_AT_LEAST: .atLeast
    case let other:
      throw ErrorReport(DVT_INVALID, "relation is \(other), not one of DVT_EQUAL … DVT_AT_LEAST")
    }
  }
}
