import Glibc
import HostSupport
import TestSupport

/// A process that applies rules to itself and tries something: `sandbox-probe`.
struct SandboxProbe {
  /// What a program needs to start threads and load libraries, and nothing else.
  static let base = [
    "read /lib", "read /lib64", "read /usr/lib", "read /etc/ld.so.cache", "read /proc/self",
    "write /dev/null", "read /dev/zero", "read /dev/urandom",
  ]

  /// What it wrote.
  let output: String
  /// What the sandbox said.
  let message: String
  /// How it ended; `nil` when it did not.
  let ending: ChildProcess.Ending?

  /// The error's name, or `ok`.
  var outcome: String { String(output.split(separator: "\n").last ?? "") }

  /// Tries something under rules.
  ///
  /// - Parameters:
  ///   - rules: Added to `base`, before `end`.
  ///   - action: The probe's words.
  /// - Throws: The system's error.
  init(_ rules: [String], _ action: String...) throws {
    try self.init(text: (Self.base + rules + ["end"]).map { "\($0)\n" }.joined(), action)
  }

  /// Tries something under rules that are given to the last byte.
  ///
  /// - Throws: The system's error.
  init(text: String, _ action: [String]) throws {
    let folder = TemporaryDirectory()
    let file = try FileDescriptor.open(folder.file("rules"), O_WRONLY | O_CREAT)
    try file.write(Array(text.utf8))
    let process = try ChildProcess(
      ["\(Program.buildFolder)/sandbox-probe", folder.file("rules")] + action)
    ending = process.wait()
    output = process.output
    message = process.errors
  }
}
