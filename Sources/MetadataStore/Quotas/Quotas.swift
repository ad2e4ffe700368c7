import Synchronization

/// The bounds of the store, of namespaces and of collections, and whether a transaction stays within them.
///
/// Threading: `set` on any thread, the rest by the store's one writer.
final class Quotas: Sendable {
  private struct Bounds {
    var whole: StoreLimit?
    var namespaces: [String: NamespaceQuota] = [:]
  }

  private let bounds = Mutex(Bounds())

  /// The bound of the whole store.
  var limit: StoreLimit? {
    get { bounds.withLock { $0.whole } }
    set { bounds.withLock { $0.whole = newValue } }
  }

  /// Sets or takes away the bound of a namespace.
  func set(_ quota: NamespaceQuota?, of namespace: String) {
    bounds.withLock { $0.namespaces[namespace] = quota }
  }

  /// Whether neither the store nor a namespace is bounded.
  var isEmpty: Bool { bounds.withLock { $0.whole == nil && $0.namespaces.isEmpty } }

  /// Refuses growth of the store beyond its bound. What is above it already may shrink.
  ///
  /// - Parameters:
  ///   - growth: How a transaction changes each collection.
  ///   - usage: What the store holds, with what other transactions of the group add.
  /// - Throws: `.quota`.
  func check(_ growth: [String: Usage], usage: () -> Usage) throws(MetadataError) {
    guard let limit else { return }
    let change = growth.values.reduce(Usage(), +)
    guard change.records > 0 || change.bytes > 0 else { return }
    let present = usage()
    try Self.check(
      change, present, records: limit.records, bytes: nil, "the store", limit.recordsSource)
    try Self.check(
      change, present, records: nil, bytes: limit.bytes, "the store", limit.bytesSource)
  }

  /// Refuses growth beyond a bound. What is above a bound already may shrink.
  ///
  /// - Parameters:
  ///   - growth: How a transaction changes each collection.
  ///   - catalog: Bounds of single collections.
  ///   - usage: What a collection holds, with what other transactions of the group add.
  ///   - namespaceUsage: The same of all collections of a namespace.
  /// - Throws: `.quota`.
  func check(
    _ growth: [String: Usage], _ catalog: Catalog, usage: (_ collection: String) -> Usage,
    namespaceUsage: (NamespaceQuota) -> Usage
  ) throws(MetadataError) {
    for (collection, change) in growth where change.records > 0 || change.bytes > 0 {
      if let quota = catalog[collection]?.quota {
        try Self.check(
          change, usage(collection), records: quota.records.map(Int.init(clamping:)),
          bytes: quota.bytes.map(Int.init(clamping:)), "the collection \(collection)",
          "\"quota\" in its definition")
      }
    }
    let quotas = bounds.withLock { bounds in
      bounds.namespaces.values.filter { quota in growth.contains { quota.holds($0.key) } }
    }
    for quota in quotas {
      let change = growth.filter { quota.holds($0.key) }.values.reduce(Usage(), +)
      guard change.records > 0 || change.bytes > 0 else { continue }
      try Self.check(
        change, namespaceUsage(quota), records: quota.records, bytes: quota.bytes,
        "the collections of \(quota.namespace)", quota.source)
    }
  }

  private static func check(
    _ change: Usage, _ present: Usage, records: Int?, bytes: Int?, _ what: String, _ source: String
  ) throws(MetadataError) {
    let after = present + change
    if let records, change.records > 0, after.records > records {
      throw .quota(
        "\(what) would have \(after.records) records; at most \(records) are allowed by \(source): "
          + "remove some, or raise it")
    }
    if let bytes, change.bytes > 0, after.bytes > bytes {
      throw .quota(
        "\(what) would have \(after.bytes) bytes; at most \(bytes) are allowed by \(source): "
          + "remove some records, or raise it")
    }
  }
}
