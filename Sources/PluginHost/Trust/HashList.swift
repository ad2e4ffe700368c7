import HostSupport

/// Hashes of files that may be mapped, as `sha256sum` prints them: a line each, the hash, two spaces (or a space and `*`), a name.
///
/// Names are for people; a hash holds wherever the file lies. Empty lines and lines that begin with `#` do not count.
struct HashList: Sendable {
  /// The largest list that is read: 16 MiB.
  static let largest = 16 << 20

  /// The file that it was read from.
  let path: String
  private let hashes: Set<SHA256Digest>

  /// Takes a list's text.
  ///
  /// - Throws: `TrustRefusal` with the first line that is no hash.
  init(parsing text: [UInt8], path: String) throws(TrustRefusal) {
    var hashes: Set<SHA256Digest> = []
    let lines = text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    for (number, line) in lines.enumerated() {
      // sha256sum puts a backslash before the hash of a name that it had to escape.
      let line = line.first == UInt8(ascii: "\\") ? line.dropFirst() : line
      if line.isEmpty || line.first == UInt8(ascii: "#") || line == [0x0D] { continue }
      let digits = String(decoding: line.prefix(64), as: UTF8.self)
      guard let hash = SHA256Digest(digits), line.count == 64 || line.dropFirst(64).first == 0x20
      else {
        throw TrustRefusal(
          "line \(number + 1) of \(path) is no line of sha256sum",
          fix: "write the list with 'sha256sum FILE… > \(path)'")
      }
      hashes.insert(hash)
    }
    self.hashes = hashes
    self.path = path
  }

  /// How many hashes it has.
  var count: Int { hashes.count }

  /// Whether a file may be mapped.
  func contains(_ hash: SHA256Digest) -> Bool { hashes.contains(hash) }
}
