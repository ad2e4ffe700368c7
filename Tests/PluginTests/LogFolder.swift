import Glibc
import TestSupport

/// A log in a folder of its own, that a test writes and rotates.
final class LogFolder {
  private let folder = TemporaryDirectory()

  /// The log's path.
  var path: String { folder.file("a.log") }

  /// A folder with a log that holds a text.
  init(_ text: String = "") { append(text) }

  /// Adds to the log.
  func append(_ text: String) { write(text, O_APPEND) }

  /// Writes the log anew, in place.
  func overwrite(_ text: String) { write(text, O_TRUNC) }

  /// Moves the log away and begins another, as logrotate does.
  func rotate(_ text: String) {
    unsafe rename(path, path + ".1")
    append(text)
  }

  /// Adds to the log that was moved away.
  func appendToRotated(_ text: String) { write(text, O_APPEND, path + ".1") }

  private func write(_ text: String, _ flag: Int32, _ path: String? = nil) {
    let descriptor = unsafe open(path ?? self.path, O_WRONLY | O_CREAT | flag, 0o600)
    precondition(descriptor >= 0, "the log cannot be opened")
    let bytes = Array(text.utf8)
    let count = unsafe bytes.withUnsafeBytes {
      unsafe Glibc.write(descriptor, $0.baseAddress, $0.count)
    }
    precondition(count == bytes.count, "the log cannot be written")
    close(descriptor)
  }
}
