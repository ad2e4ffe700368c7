import Glibc

/// What a figure came from, for a person who looks closer: on standard error.
enum Note {
  static func write(_ name: String, _ text: String) {
    let line = Array("  \(name): \(text)\n".utf8)
    unsafe line.withUnsafeBytes { unsafe _ = Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
  }
}
