import HostSupport

/// Reads the frames of a segment one after another, and finds its way past damaged ones.
struct SegmentScanner: ~Copyable {
  /// What comes next in a segment.
  enum Step {
    /// A whole frame.
    case frame(Frame)
    /// So many bytes at a position belong to no whole frame.
    case damage(position: Int, bytes: Int)
  }

  /// A frame whose checksum agrees.
  struct Frame {
    let number: UInt64
    let time: Int64
    let position: Int
    let size: Int
    let body: ArraySlice<UInt8>
  }

  private static let window = 256 << 10
  private let file: FileDescriptor
  private let end: Int
  private let most: UInt64
  private var last: UInt64
  private var buffer: [UInt8] = []
  private var base: Int
  private var cursor = 0
  /// The frame that was found behind damage, not yet told of.
  private var found: Frame?

  /// - Parameters:
  ///   - file: The segment.
  ///   - position: Where a frame begins.
  ///   - end: Bytes of the segment that count.
  ///   - numbers: The numbers that its records from there on may have.
  init(
    _ file: consuming FileDescriptor, from position: Int, to end: Int, numbers: ClosedRange<UInt64>
  ) {
    self.file = file
    self.end = end
    base = position
    last = numbers.lowerBound - 1
    most = numbers.upperBound
  }

  private var position: Int { base + cursor }

  /// The next frame or damage; `nil` at the end.
  mutating func next() throws(SystemError) -> Step? {
    if let frame = found.take() { return .frame(pass(frame)) }
    guard position < end else { return nil }
    if let frame = try frame(skipped: 0) { return .frame(pass(frame)) }
    let start = position
    if try !skipByLength() {
      try search(from: start)
    }
    return .damage(position: start, bytes: position - start)
  }

  /// Passes a frame whose length can be believed, because a whole one follows it: what lies within it is not looked at, since
  /// data of an event may look like a frame.
  private mutating func skipByLength() throws(SystemError) -> Bool {
    guard try fill(SegmentFormat.frameHead), isMarker else { return false }
    var head = ByteReader(buffer[(cursor + 8)...])
    guard let length = head.number32(), SegmentFormat.bodies.contains(Int(length)) else {
      return false
    }
    let start = position
    cursor += SegmentFormat.frameHead + Int(length)
    if let frame = try frame(skipped: SegmentFormat.frameHead + Int(length)),
      frame.number == last + 2
    {
      found = frame
      return true
    }
    move(to: start)
    return false
  }

  private mutating func search(from start: Int) throws(SystemError) {
    while try findMarker() {
      if let frame = try frame(skipped: position - start) {
        found = frame
        return
      }
    }
  }

  private mutating func pass(_ frame: Frame) -> Frame {
    cursor += frame.size
    last = frame.number
    return frame
  }

  /// Moves on, at least by one byte, to what looks like the start of a frame, or to the end.
  private mutating func findMarker() throws(SystemError) -> Bool {
    cursor += 1
    while try fill(SegmentFormat.marker.count) {
      while buffer.count - cursor >= SegmentFormat.marker.count {
        if isMarker { return true }
        cursor += 1
      }
    }
    cursor = end - base
    return false
  }

  private var isMarker: Bool {
    let marker = SegmentFormat.marker
    return buffer[cursor] == marker[0] && buffer[cursor + 1] == marker[1]
      && buffer[cursor + 2] == marker[2] && buffer[cursor + 3] == marker[3]
  }

  /// The frame at the cursor, so many bytes behind the last whole one: they may hold only so many records, so that data of an
  /// event which look like a frame are hardly ever taken for one.
  private mutating func frame(skipped: Int) throws(SystemError) -> Frame? {
    guard try fill(SegmentFormat.frameHead + 16), isMarker else { return nil }
    var head = ByteReader(buffer[(cursor + 4)...])
    guard let crc = head.number32(), let length = head.number32(), let number = head.number64(),
      let time = head.number64(), SegmentFormat.bodies.contains(Int(length))
    else { return nil }
    let smallest = SegmentFormat.frameHead + SegmentFormat.bodies.lowerBound
    guard number > last, number <= most, number - last - 1 <= skipped / smallest else { return nil }
    let size = SegmentFormat.frameHead + Int(length)
    guard position + size <= end, try fill(size) else { return nil }
    guard CRC32C.of(buffer[(cursor + 8)..<(cursor + size)]) == crc else { return nil }
    return Frame(
      number: number, time: Int64(bitPattern: time), position: position, size: size,
      body: buffer[(cursor + SegmentFormat.frameHead)..<(cursor + size)])
  }

  private mutating func move(to position: Int) {
    if position < base {
      base = position
      buffer = []
    }
    cursor = position - base
  }

  /// Sees to it that so many bytes from the cursor on are in the buffer.
  private mutating func fill(_ count: Int) throws(SystemError) -> Bool {
    if buffer.count - cursor >= count { return true }
    let start = position
    guard end - start >= count else { return false }
    buffer = try file.read(min(end - start, max(count, Self.window)), at: start)
    base = start
    cursor = 0
    return buffer.count >= count
  }
}
