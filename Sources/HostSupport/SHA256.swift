import Glibc
import CHostSupport

/// A hash of bytes that come in pieces.
///
/// Threading: a value belongs to one thread at a time.
public struct SHA256: Sendable {
  private var state = hs_sha256()

  /// Starts with no bytes.
  public init() {
    unsafe hs_sha256_begin(&state)
  }

  /// Takes the next bytes, borrowed until the call returns.
  public mutating func add(_ bytes: UnsafeRawBufferPointer) {
    unsafe hs_sha256_add(&state, bytes.baseAddress, bytes.count)
  }

  /// Takes the next bytes.
  public mutating func add(_ bytes: [UInt8]) {
    unsafe bytes.withUnsafeBytes { buffer in unsafe add(buffer) }
  }

  /// The hash of the bytes so far; more may follow.
  public func digest() -> SHA256Digest {
    var copy = state
    let raw = unsafe [UInt8](unsafeUninitializedCapacity: 32) { digest, count in
      unsafe hs_sha256_end(&copy, digest.baseAddress)
      count = 32
    }
    return SHA256Digest(raw: raw)
  }
}

extension SHA256Digest {
  /// The digest of a file's content.
  ///
  /// - Parameter path: A regular file.
  /// - Throws: The system's error.
  public init(ofFile path: String) throws(SystemError) {
    let file = try FileDescriptor.open(path, O_RDONLY | O_NONBLOCK)
    var hash = SHA256()
    var offset = 0
    while true {
      let bytes = try file.read(1 << 20, at: offset)
      if bytes.isEmpty { break }
      hash.add(bytes)
      offset += bytes.count
    }
    self = hash.digest()
  }
}
