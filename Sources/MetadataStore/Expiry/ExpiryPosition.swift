/// Where a record is among those that have a time to go: by moment, then by what else makes a record of a version unique.
struct ExpiryPosition: TreePosition {
  private let entry: ExpiryEntry

  init(_ entry: ExpiryEntry) { self.entry = entry }

  func order(of other: UnsafePointer<ExpiryEntry>) -> Int {
    let other = unsafe other.pointee
    if other.moment != entry.moment { return other.moment < entry.moment ? -1 : 1 }
    let (first, second) = (other.record.block.header, entry.record.block.header)
    if first.modified != second.modified { return first.modified < second.modified ? -1 : 1 }
    if first.hash != second.hash { return first.hash < second.hash ? -1 : 1 }
    return unsafe ByteOrder.compare(other.record.block.key, entry.record.block.key)
  }
}
