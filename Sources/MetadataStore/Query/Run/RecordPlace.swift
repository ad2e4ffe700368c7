/// A record where it lies, held by somebody else: reading many records costs no counting of references.
@unsafe struct RecordPlace {
  let header: UnsafePointer<RecordHeader>
  /// The key's bytes, then the value.
  let contents: UnsafePointer<UInt8>

  /// The packed value.
  @inline(__always)
  var value: UnsafePointer<UInt8> { unsafe contents + Int(header.pointee.keyCount) }

  /// The place of a record. Lifetime: that of the record.
  init(_ block: RecordBlock) {
    unsafe (header, contents) = unsafe block.withUnsafeMutablePointers {
      unsafe (UnsafePointer($0), UnsafePointer($1))
    }
  }

  fileprivate init(_ header: UnsafePointer<RecordHeader>, _ contents: UnsafePointer<UInt8>) {
    unsafe self.header = unsafe header
    unsafe self.contents = unsafe contents
  }
}

/// Records whose references lie side by side, in the order in which they are read.
@safe struct RecordLeaf {
  // Safe: a `MetadataRecord` is one reference to its block, and all blocks have header and contents at the same distances.
  private let first: UnsafeRawPointer
  /// From one reference to the next, in bytes.
  private let stride: Int
  /// How many there are, 1 or more.
  let count: Int
  private let headerOffset: Int
  private let contentsOffset: Int

  /// Takes elements that have a record each.
  ///
  /// - Parameters:
  ///   - elements: Valid as long as this is used.
  ///   - offset: Where in an element the record is.
  ///   - isReversed: Whether the last one is read first.
  init?<Element>(
    _ elements: UnsafeBufferPointer<Element>, recordAt offset: Int, isReversed: Bool
  ) {
    guard let base = unsafe UnsafeRawPointer(elements.baseAddress), elements.count > 0 else {
      return nil
    }
    let width = MemoryLayout<Element>.stride
    count = elements.count
    stride = isReversed ? -width : width
    unsafe first = unsafe base + offset + (isReversed ? (count - 1) * width : 0)
    let block = unsafe first.load(as: MetadataRecord.self).block
    let place = unsafe RecordPlace(block)
    headerOffset =
      unsafe UnsafeRawPointer(place.header)
      - UnsafeRawPointer(Unmanaged.passUnretained(block).toOpaque())
    contentsOffset = unsafe UnsafeRawPointer(place.contents) - UnsafeRawPointer(place.header)
  }

  /// The record, held.
  subscript(_ index: Int) -> MetadataRecord {
    unsafe (first + index * stride).load(as: MetadataRecord.self)
  }

  @inline(__always)
  private func block(_ index: Int) -> UnsafeRawPointer {
    unsafe (first + index * stride).load(as: UnsafeRawPointer.self)
  }

  /// Where a record lies.
  @inline(__always)
  func place(_ index: Int) -> RecordPlace {
    let header = unsafe block(index) + headerOffset
    return unsafe RecordPlace(
      header.assumingMemoryBound(to: RecordHeader.self),
      (header + contentsOffset).assumingMemoryBound(to: UInt8.self))
  }

  /// Touches records, so that memory fetches them side by side and not one after the other.
  ///
  /// - Parameter most: How many.
  /// - Returns: True, which the compiler does not know and so does not leave the touching out: no value is empty.
  func prepare(_ most: Int) -> Bool {
    var bits: UInt32 = 0
    for index in 0..<min(count, most) {
      bits |= unsafe place(index).header.pointee.valueCount
    }
    return bits != 0
  }
}
