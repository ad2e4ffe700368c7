import Glibc

/// The compiler that builds the plugin, as a host compares it with its own.
enum Toolchain {
  /// Asks a compiler for its version.
  ///
  /// - Parameter compiler: The path of `swiftc`, or a name to find in `PATH`.
  /// - Returns: Such as `swift 6.3.1`.
  /// - Throws: `ManifestError` with what the compiler printed instead.
  static func version(of compiler: String) throws(ManifestError) -> String {
    let quoted = compiler.split(separator: "'", omittingEmptySubsequences: false)
      .joined(separator: "'\\''")
    let output = try run("'\(quoted)' -version 2>/dev/null")
    guard let line = output.split(separator: "\n").first(where: { $0.contains("Swift version ") }),
      let start = line.split(separator: " ").firstIndex(of: "version"),
      line.split(separator: " ").count > start + 1
    else { throw ManifestError("\(compiler) -version printed no version: \(output)") }
    return "swift \(line.split(separator: " ")[start + 1])"
  }

  /// The standard output of a shell command. The corresponding C function is `popen`.
  private static func run(_ command: String) throws(ManifestError) -> String {
    guard let pipe = unsafe popen(command, "r") else {
      throw ManifestError("cannot run \(command)")
    }
    var output: [UInt8] = []
    while case let byte = unsafe getc(pipe), byte != EOF {
      output.append(UInt8(truncatingIfNeeded: byte))
    }
    guard unsafe pclose(pipe) == 0 else { throw ManifestError("\(command) failed") }
    return String(decoding: output, as: UTF8.self)
  }
}
