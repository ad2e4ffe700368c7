import Glibc
import HostSupport

/// A small file that trust rests on: a key, a list, a signature.
enum TrustFile {
  /// Reads a file that only trusted users can have written.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - largest: The most bytes that it may have.
  ///   - ownership: Who may own it; `nil` for a signature, which proves itself.
  /// - Returns: Its bytes.
  /// - Throws: `TrustRefusal`: it cannot be read, is too large, or others can write to it.
  static func read(
    _ path: String, largest: Int, _ ownership: FileOwnership?
  ) throws(TrustRefusal) -> [UInt8] {
    let bytes: [UInt8]
    let status: FileStatus
    do throws(SystemError) {
      let file = try FileDescriptor.open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY)
      status = try file.status()
      bytes = status.isRegular ? try file.read(largest + 1, at: 0) : []
    } catch {
      throw TrustRefusal("\(path) cannot be read: \(error.reason)", fix: "see that it is there")
    }
    guard status.isRegular, bytes.count <= largest else {
      throw TrustRefusal(
        "\(path) is no regular file of at most \(largest) bytes", fix: "put the right file there")
    }
    try ownership?.check(status, path)
    try ownership?.checkWay(to: path)
    return bytes
  }
}
