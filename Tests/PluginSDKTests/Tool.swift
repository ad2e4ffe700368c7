import FoundationEssentials
import Glibc
import Testing

/// Runs the build's tools for the tests.
enum Tool {
  /// What a command printed on both streams, and its exit status.
  struct Result: Sendable {
    let status: Int32
    let output: String
  }

  /// The root of the package.
  static var root: String {
    var path = #filePath.split(separator: "/", omittingEmptySubsequences: false)
    path.removeLast(3)
    return path.joined(separator: "/")
  }

  /// Where the build puts its products: the folder of the test bundle.
  static var products: String {
    let program =
      (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
    let bundle = CommandLine.arguments.first { $0.contains(".xctest") } ?? program
    return bundle.split(separator: "/", omittingEmptySubsequences: false).dropLast()
      .joined(separator: "/")
  }

  /// Runs a shell command. The corresponding C function is `popen`.
  static func shell(_ command: String) throws -> Result {
    let pipe = unsafe try #require(popen("(\(command)) 2>&1", "r"))
    var output: [UInt8] = []
    while case let byte = unsafe getc(pipe), byte != EOF {
      output.append(UInt8(truncatingIfNeeded: byte))
    }
    let status = unsafe pclose(pipe)
    return Result(
      status: (status >> 8) & 0xFF, output: String(decoding: output, as: UTF8.self))
  }
}
