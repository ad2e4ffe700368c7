import Glibc

/// Programs that are no part of Dovetail: they count the log, so that its own counts can be checked.
enum Shell {
  /// Runs a command of the shell with one argument, `$1`. The corresponding C function is `popen`.
  ///
  /// - Parameters:
  ///   - command: Its text; quotes are its own affair.
  ///   - argument: Any text.
  /// - Returns: What it printed.
  /// - Throws: When it failed.
  static func run(_ command: String, _ argument: String) throws(DemoError) -> String {
    unsafe setenv("DEMO_LOG", argument, 1)
    guard let pipe = unsafe popen("LC_ALL=C; export LC_ALL; set -- \"$DEMO_LOG\"; \(command)", "r")
    else { throw DemoError("cannot start a shell: error \(errno)") }
    var output: [UInt8] = []
    while case let byte = unsafe getc(pipe), byte != EOF {
      output.append(UInt8(truncatingIfNeeded: byte))
    }
    guard unsafe pclose(pipe) == 0 else { throw DemoError("'\(command)' failed for \(argument)") }
    return String(decoding: output, as: UTF8.self)
  }
}
