import Glibc
import HostSupport

/// Looks at the segments of a log that is being opened.
struct LogOpening {
  private let folder: String
  private(set) var segments: [Segment] = []
  private(set) var next: UInt64 = 1
  private(set) var lastTime: Int64 = 0
  private(set) var damage: [LogDamage] = []
  private(set) var newer: EventLogError?

  init(folder: String) {
    self.folder = folder
  }

  /// Finds the segments, reads their headers, and the last one whole.
  mutating func look(in directory: borrowing Directory) throws(SystemError) {
    let firsts = try directory.names().compactMap(SegmentFormat.first(ofName:)).sorted()
    for (index, first) in firsts.enumerated() {
      let isLast = index == firsts.count - 1
      guard var segment = try segment(first, isLast: isLast, in: directory) else { continue }
      if isLast { try recover(&segment, in: directory) }
      segments.append(segment)
    }
    if let first = firsts.last { next = max(next, first) }
    if lastTime == 0 { lastTime = segments.last?.time ?? 0 }
  }

  private mutating func segment(
    _ first: UInt64, isLast: Bool, in directory: borrowing Directory
  ) throws(SystemError) -> Segment? {
    let name = SegmentFormat.name(first)
    let file = try directory.open(name, O_RDONLY | O_NONBLOCK | O_NOFOLLOW)
    let size = try file.status().size
    switch SegmentFormat.readHeader(try file.read(SegmentFormat.header, at: 0), first: first) {
    case .whole(let time): return Segment(first: first, time: time, size: size)
    case .newer(let format):
      newer = .newer(file: directory.path(of: name), format: format)
      throw SystemError("read", name, code: EINVAL)
    case .damaged:
      let isTorn = isLast && size < SegmentFormat.header
      damage.append(
        LogDamage(
          kind: isTorn ? .torn : .header, file: name, position: 0,
          bytes: min(size, SegmentFormat.header)))
      if isTorn { try directory.remove(name) }
      return isTorn ? nil : Segment(first: first, time: 0, size: size)
    }
  }

  /// Reads the last segment and cuts what is torn off it.
  private mutating func recover(
    _ segment: inout Segment, in directory: borrowing Directory
  ) throws(SystemError) {
    let name = SegmentFormat.name(segment.first)
    var scanner = SegmentScanner(
      try directory.open(name, O_RDONLY | O_NOFOLLOW), from: SegmentFormat.header,
      to: segment.size, numbers: segment.first...(.max))
    var end = min(segment.size, SegmentFormat.header)
    segment.marks = []
    var holes: [LogDamage] = []
    next = segment.first
    while let step = try scanner.next() {
      switch step {
      case .frame(let frame):
        segment.note(frame.number, frame.time, at: frame.position)
        end = frame.position + frame.size
        next = frame.number + 1
        lastTime = frame.time
      case .damage(let position, let bytes):
        holes.append(LogDamage(kind: .skipped, file: name, position: position, bytes: bytes))
      }
    }
    if end < segment.size {
      try directory.open(name, O_WRONLY | O_NOFOLLOW).truncate(to: end)
      holes.removeLast()
      holes.append(
        LogDamage(kind: .torn, file: name, position: end, bytes: segment.size - end))
      segment.size = end
    }
    damage += holes
  }
}
