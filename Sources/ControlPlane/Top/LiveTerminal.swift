import Glibc
import HostSupport

/// A terminal that is redrawn in place and read key by key, until it is given back as it was.
///
/// Threading: one thread draws and reads; `restore` may be called from any.
final class LiveTerminal: Sendable {
  private let before: Monitor<termios?>

  /// Takes over the terminal of standard input and output; `nil` when they are none.
  init?() {
    var settings = termios()
    guard isatty(0) == 1, isatty(1) == 1, unsafe tcgetattr(0, &settings) == 0 else { return nil }
    before = Monitor(settings)
    // Without ISIG Ctrl-C is a key like others, so that the terminal is always given back.
    settings.c_lflag &= ~tcflag_t(ICANON | ECHO | ISIG)
    unsafe tcsetattr(0, TCSANOW, &settings)
    // The other screen, no cursor, and no second line for what is too wide.
    Output.print("\u{1B}[?1049h\u{1B}[?25l\u{1B}[?7l")
  }

  deinit { restore() }

  /// Gives the terminal back.
  func restore() {
    before.update { before in
      guard var settings = before else { return }
      Output.print("\u{1B}[?7h\u{1B}[?25h\u{1B}[?1049l")
      unsafe tcsetattr(0, TCSANOW, &settings)
      before = nil
    }
  }

  /// Lines that fit.
  var height: Int {
    var size = winsize()
    guard unsafe ioctl(1, UInt(TIOCGWINSZ), &size) == 0, size.ws_row > 0 else { return 24 }
    return Int(size.ws_row)
  }

  /// Draws lines over what was drawn before.
  func draw(_ text: String) {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
    let body = lines.prefix(height).joined(separator: "\u{1B}[K\r\n")
    Output.print("\u{1B}[H\(body)\u{1B}[K\u{1B}[J")
  }

  /// Waits for a key that ends the view: q, Ctrl-C or Ctrl-D.
  ///
  /// - Parameter deadline: When to stop waiting.
  /// - Returns: Whether one came.
  func isEnded(until deadline: Deadline) -> Bool {
    while let left = deadline.remaining, left > 0 {
      var input = pollfd(fd: 0, events: Int16(POLLIN), revents: 0)
      guard unsafe poll(&input, 1, Int32(clamping: left / 1_000_000 + 1)) > 0 else { continue }
      var key: UInt8 = 0
      guard unsafe read(0, &key, 1) == 1, ![UInt8(ascii: "q"), 3, 4].contains(key) else {
        return true
      }
    }
    return false
  }
}
