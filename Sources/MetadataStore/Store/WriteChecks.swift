/// What a store asks before a transaction counts: its definitions, validators and quotas.
struct WriteChecks: DraftChecks {
  private let store: MetadataStore
  /// Nanoseconds since 1970-01-01 UTC.
  private let now: Int64
  private let hasValidators: Bool
  private let hasQuotas: Bool
  let hasConstraints: Bool

  init(_ store: MetadataStore, now: Int64) {
    self.store = store
    self.now = now
    hasValidators = !store.validators.isEmpty
    hasConstraints = store.catalog.hasConstraints
    hasQuotas = !store.quotas.isEmpty || store.catalog.hasQuotas
  }

  func prepare(_ write: MetadataWrite) throws(MetadataError) -> Draft.Amendment {
    try store.catalog.prepare(write, now: now)
  }

  func review(_ changes: [MetadataChange]) throws(MetadataError) -> [Int: PackedValue] {
    guard hasValidators, !changes.isEmpty else { return [:] }
    let proposed = changes.map { change in
      ProposedWrite(
        collection: change.record.collection, key: change.record.key, old: change.previous,
        new: change.isRemoval ? nil : change.record.value)
    }
    return try store.validators.review(proposed, snapshot: store.snapshot) {
      (place, value) throws(MetadataError) in
      let write = MetadataWrite(
        collection: proposed[place].collection, key: proposed[place].key, value: value)
      try write.validate()
      return try store.catalog.prepare(write, now: 0).value?.value ?? value
    }.mapValues { PackedValue($0) }
  }

  func bound(
    _ changes: [MetadataChange], _ others: inout [String: Usage]
  ) throws(MetadataError) {
    guard hasQuotas else { return }
    let growth = changes.reduce(into: [String: Usage]()) { sums, change in
      sums[change.record.collection, default: Usage()] += Usage(change)
    }
    let present = others
    try store.quotas.check(growth) {
      present.values.reduce(store.feed.withRoot { $0.usage }, +)
    }
    try store.quotas.check(growth, store.catalog) { collection in
      store.feed.withRoot { $0.usage(of: collection) } + (present[collection] ?? Usage())
    } namespaceUsage: { quota in
      present.filter { quota.holds($0.key) }.values.reduce(
        store.feed.withRoot { $0.usage(of: quota) }, +)
    }
    others.merge(growth, uniquingKeysWith: +)
  }

  func admit(_ changes: [MetadataChange], _ draft: Draft) throws(MetadataError) {
    try store.catalog.admit(changes, draft)
  }
}
