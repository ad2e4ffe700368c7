/// Where a key is among the records of a collection.
@safe struct KeyPosition: TreePosition {
  // Safe: used while whoever made it holds the key.
  let digest: UInt64
  private let key: UnsafeBufferPointer<UInt8>

  /// The position of a key.
  ///
  /// - Parameters:
  ///   - key: Valid as long as this is used.
  ///   - window: The tree's.
  init(_ key: UnsafeBufferPointer<UInt8>, _ window: KeyWindow) {
    digest = unsafe window.digest(key)
    unsafe self.key = unsafe key
  }

  @inline(__always)
  func order(of entry: UnsafePointer<RecordEntry>) -> Int {
    let own = unsafe entry.pointee.digest
    if own != digest { return own < digest ? -1 : 1 }
    return unsafe RecordBlock.compareKey(of: entry.pointee.record, to: key)
  }
}
