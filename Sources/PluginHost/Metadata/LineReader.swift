import Glibc
public import HostSupport

/// Reads a file or a pipe line by line.
public struct LineReader: ~Copyable {
  private let file: FileDescriptor
  private let path: String
  private var held: [UInt8] = []
  private var next = 0
  private var isOver = false

  /// Reads what a descriptor gives.
  ///
  /// - Parameters:
  ///   - file: Where it begins to read.
  ///   - path: What to call it in messages.
  public init(_ file: consuming FileDescriptor, path: String) {
    self.file = file
    self.path = path
  }

  /// The next line without its newline; `nil` after the last.
  ///
  /// - Returns: The line.
  /// - Throws: `failed` with the system's words, `refused` for a line of more than 16 MiB.
  public mutating func line() throws(OperationError) -> [UInt8]? {
    var searched = next
    while true {
      if let end = held[searched...].firstIndex(of: UInt8(ascii: "\n")) {
        defer { next = end + 1 }
        return Array(held[next..<end])
      }
      if isOver {
        guard next < held.count else { return nil }
        defer { next = held.count }
        return Array(held[next...])
      }
      guard held.count - next <= RecordLines.longestLine else {
        throw OperationError(
          .refused, "\(path) has a line of more than \(RecordLines.longestLine >> 20) MiB")
      }
      held.removeFirst(next)
      next = 0
      searched = held.count
      try fill()
    }
  }

  private mutating func fill() throws(OperationError) {
    var room = [UInt8](repeating: 0, count: 262_144)
    let count = unsafe read(file.raw, &room, room.count)
    if count < 0 {
      guard errno == EINTR else {
        throw OperationError(.failed, SystemError("read", path).description)
      }
      return
    }
    isOver = count == 0
    held.append(contentsOf: room.prefix(count))
  }
}
