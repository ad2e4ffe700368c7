import Glibc

/// Writes whole texts to standard output or standard error.
public enum Output {
  /// Writes to standard output.
  public static func print(_ text: String) { write(Array(text.utf8), to: 1) }

  /// Writes bytes to standard output as they are.
  public static func print(_ bytes: [UInt8]) { write(bytes, to: 1) }

  /// Writes to standard error.
  public static func complain(_ text: String) { write(Array(text.utf8), to: 2) }

  private static func write(_ bytes: [UInt8], to descriptor: Int32) {
    var done = 0
    while done < bytes.count {
      let count = unsafe bytes.withUnsafeBytes {
        unsafe Glibc.write(descriptor, $0.baseAddress.map { unsafe $0 + done }, $0.count - done)
      }
      if count < 0 && errno != EINTR { return }
      done += max(0, count)
    }
  }
}
