/// One system call by which a program changed files below a folder, as `recorder.c` logged it.
public enum SystemCall: Sendable, Equatable {
  /// `open`: a handle for what is at a path below the folder.
  case open(handle: UInt32, path: String, flags: Int32)
  /// `write` or `pwrite`: bytes that the file has now, as far as the system is concerned.
  case write(handle: UInt32, offset: Int, bytes: [UInt8])
  /// `ftruncate`.
  case truncate(handle: UInt32, size: Int)
  /// `fallocate`: the file is at least so large, zeros at its end.
  case grow(handle: UInt32, size: Int)
  /// `fsync` or `fdatasync`; `error` is 0 when it worked.
  case sync(handle: UInt32, error: Int32)
  /// `syncfs`.
  case syncAll(error: Int32)
  /// `renameat2`.
  case rename(from: String, to: String, isExchange: Bool)
  /// `unlink` or `rmdir`.
  case unlink(String)
  /// `mkdir`.
  case makeFolder(String)
  /// `link`.
  case link(from: String, to: String)
  /// What the program wrote to its standard output at this moment.
  case mark(String)
  /// A call that the recorder cannot log.
  case unsupported(String)
}

extension SystemCall: CustomStringConvertible {
  /// For messages, without the bytes.
  public var description: String {
    switch self {
    case .open(let handle, let path, _): "open \(path) as \(handle)"
    case .write(let handle, let offset, let bytes): "write \(bytes.count) to \(handle) at \(offset)"
    case .truncate(let handle, let size): "truncate \(handle) to \(size)"
    case .grow(let handle, let size): "grow \(handle) to \(size)"
    case .sync(let handle, let error): "sync \(handle), error \(error)"
    case .syncAll(let error): "sync all, error \(error)"
    case .rename(let from, let to, _): "rename \(from) to \(to)"
    case .unlink(let path): "unlink \(path)"
    case .makeFolder(let path): "mkdir \(path)"
    case .link(let from, let to): "link \(from) to \(to)"
    case .mark(let text): "\"\(text.dropLast())\""
    case .unsupported(let call): "\(call), which is not understood"
    }
  }
}

/// The log that `recorder.c` writes.
public struct SystemCallLog: Sendable {
  /// The calls in the order in which they took effect.
  public let calls: [SystemCall]

  /// Reads a log; what a killed program did not finish is left out.
  ///
  /// - Parameter bytes: The log's bytes.
  public init(_ bytes: [UInt8]) {
    var calls: [SystemCall] = []
    var reader = Reader(bytes: bytes)
    while let call = reader.next() { calls.append(call) }
    self.calls = calls
  }

  /// What the program wrote to its standard output.
  public var output: String {
    calls.reduce(into: "") { text, call in
      if case .mark(let line) = call { text += line }
    }
  }

  private struct Reader {
    let bytes: [UInt8]
    var position = 0

    private func number(_ size: Int, at offset: Int) -> UInt64 {
      (0..<size).reduce(0) { $0 | UInt64(bytes[position + offset + $1]) << (8 * $1) }
    }

    mutating func next() -> SystemCall? {
      let header = 25
      guard bytes.count - position >= header else { return nil }
      let kind = bytes[position]
      let error = Int32(bitPattern: UInt32(number(4, at: 1)))
      let handle = UInt32(number(4, at: 5))
      let value = number(8, at: 9)
      let first = Int(number(4, at: 17))
      let second = Int(number(4, at: 21))
      guard bytes.count - position >= header + first + second else { return nil }
      let middle = position + header + first
      let a = String(decoding: bytes[(position + header)..<middle], as: UTF8.self)
      let b = bytes[middle..<(middle + second)]
      position = middle + second
      switch kind {
      case 1: return .open(handle: handle, path: a, flags: Int32(truncatingIfNeeded: value))
      case 2: return .write(handle: handle, offset: Int(value), bytes: Array(b))
      case 3: return .truncate(handle: handle, size: Int(value))
      case 4: return .sync(handle: handle, error: error)
      case 5:
        return .rename(from: a, to: String(decoding: b, as: UTF8.self), isExchange: value & 2 != 0)
      case 6, 8: return .unlink(a)
      case 7: return .makeFolder(a)
      case 9: return .syncAll(error: error)
      case 10: return .mark(String(decoding: b, as: UTF8.self))
      case 12: return .grow(handle: handle, size: Int(value))
      case 13: return .link(from: a, to: String(decoding: b, as: UTF8.self))
      default: return .unsupported(a)
      }
    }
  }
}
