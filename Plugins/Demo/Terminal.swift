import Glibc

/// Prints the story; on a terminal a bar at the bottom shows how far the log was read.
struct Terminal {
  private let isTerminal = isatty(STDOUT_FILENO) == 1
  private var bar = ""

  /// Prints a line above the bar.
  mutating func say(_ line: String = "") {
    put((bar.isEmpty ? "" : "\r\u{1B}[K") + line + "\n" + bar)
  }

  /// Draws the bar, on a terminal.
  ///
  /// - Parameters:
  ///   - done: Lines that were read.
  ///   - all: Lines that there are, over 0.
  ///   - note: What goes on.
  mutating func progress(_ done: UInt64, of all: UInt64, _ note: String) {
    guard isTerminal else { return }
    let width = 32
    let filled = min(width, Int(done * UInt64(width) / all))
    let percent = min(100, done * 100 / all)
    bar =
      "[" + String(repeating: "█", count: filled) + String(repeating: "·", count: width - filled)
      + "] \(percent) %  \(Terminal.grouped(done)) lines  \(note)"
    put("\r\u{1B}[K" + bar)
  }

  /// Takes the bar away.
  mutating func endProgress() {
    if !bar.isEmpty { put("\r\u{1B}[K") }
    bar = ""
  }

  /// A number with commas.
  static func grouped(_ number: some BinaryInteger) -> String {
    var digits = Array("\(number)")
    var index = digits.count - 3
    while index > 0, digits[index - 1] != "-" {
      digits.insert(",", at: index)
      index -= 3
    }
    return String(digits)
  }

  /// A number with so many digits after its point.
  static func fixed(_ number: Double, _ digits: Int) -> String {
    var scale = 1.0
    for _ in 0..<digits { scale *= 10 }
    let scaled = Int64((number * scale).rounded())
    guard digits > 0 else { return "\(scaled)" }
    let fraction = "\(abs(scaled) % Int64(scale))"
    return "\(scaled / Int64(scale))." + String(repeating: "0", count: digits - fraction.count)
      + fraction
  }

  /// Prints to the error stream.
  static func complain(_ line: String) { write(STDERR_FILENO, line + "\n") }

  private func put(_ text: String) { Terminal.write(STDOUT_FILENO, text) }

  private static func write(_ descriptor: Int32, _ text: String) {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let n = unsafe rest.withUnsafeBytes {
        unsafe Glibc.write(descriptor, $0.baseAddress, $0.count)
      }
      if n < 0, errno != EINTR { return }
      rest = rest.dropFirst(max(0, n))
    }
  }
}
