import Synchronization

/// The bounds of namespaces and of collections, and whether a transaction stays within them.
///
/// Threading: `set` on any thread, the rest by the store's one writer.
final class Quotas: Sendable {
  private let namespaces = Mutex<[String: NamespaceQuota]>([:])

  /// Sets or takes away the bound of a namespace.
  func set(_ quota: NamespaceQuota?, of namespace: String) {
    namespaces.withLock { $0[namespace] = quota }
  }

  /// Whether no namespace is bounded.
  var isEmpty: Bool { namespaces.withLock { $0.isEmpty } }

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
    let quotas = namespaces.withLock { quotas in
      quotas.values.filter { quota in growth.contains { quota.holds($0.key) } }
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
