/// Where a record's place is in an index.
@safe struct IndexPosition: TreePosition {
  // Safe: used while whoever made it holds the record and the rules.
  private let place: IndexPlace
  private let record: Unmanaged<RecordBlock>
  private let rules: Unmanaged<IndexRules>

  /// The position of a place.
  ///
  /// - Parameters:
  ///   - place: The place.
  ///   - record: The record it is of, which must be held as long as this is used.
  ///   - rules: The index's, which must be held too.
  init(_ place: IndexPlace, of record: MetadataRecord, _ rules: IndexRules) {
    self.place = place
    unsafe self.record = unsafe .passUnretained(record.block)
    unsafe self.rules = unsafe .passUnretained(rules)
  }

  @inline(__always)
  func order(of entry: UnsafePointer<IndexEntry>) -> Int {
    let key = unsafe entry.pointee.place.key
    if key != place.key { return key < place.key ? -1 : 1 }
    let digest = unsafe entry.pointee.place.keyDigest
    if place.isExact, digest != place.keyDigest, unsafe entry.pointee.place.isExact {
      return digest < place.keyDigest ? -1 : 1
    }
    return unsafe slowOrder(of: entry)
  }

  /// Looks at both records.
  @inline(never)
  private func slowOrder(of entry: UnsafePointer<IndexEntry>) -> Int {
    unsafe record._withUnsafeGuaranteedRef { record in
      unsafe rules._withUnsafeGuaranteedRef { rules in
        unsafe rules.compare(entry.pointee, IndexEntry(place, MetadataRecord(record)))
      }
    }
  }
}
