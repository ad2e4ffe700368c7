import FoundationEssentials
import Glibc
import Synchronization
import TestSupport

/// Builds the zoo's shared objects from the sources in `Fixtures`, each variant once a run.
final class Workshop: Sendable {
  static let shared = Workshop()

  private let folder = TemporaryDirectory()
  private let built = Mutex<[[String]: String]>([:])

  /// The folder of the sources.
  static let fixtures = parent(#filePath) + "/Fixtures"

  /// The package's root.
  static let root = parent(parent(parent(#filePath)))

  /// Where the ABI's header lies.
  static let include = "\(root)/PluginSDK/CDovetail/include"

  private static func parent(_ path: String) -> String {
    path.split(separator: "/").dropLast().reduce("") { "\($0)/\($1)" }
  }

  /// A manifest with further members, given as JSON text.
  static func manifest(_ id: String, _ more: String = "", version: String = "1.0.0") -> String {
    #"{"id": "\#(id)", "version": "\#(version)", "abi": "1.0""#
      + (more.isEmpty ? "}" : ", \(more)}")
  }

  /// Compiles a C source of the zoo's with a manifest.
  ///
  /// - Parameters:
  ///   - source: The file's name without its ending.
  ///   - manifest: The text to embed; `nil` for none.
  ///   - flags: For the compiler.
  /// - Returns: The path of the shared object.
  /// - Throws: `Failure` with the compiler's output.
  func c(_ source: String, _ manifest: String?, _ flags: [String] = []) throws -> String {
    let embedded = manifest.map { ["-DMANIFEST=\(Self.literal($0))"] } ?? []
    return try build(
      ["cc", "-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-Werror", "-I\(Self.include)"]
        + embedded + flags + ["\(Self.fixtures)/\(source).c"])
  }

  /// Runs a compiler once for each list of arguments.
  func build(_ command: [String]) throws -> String {
    try built.withLock { built in
      if let known = built[command] { return known }
      let output = folder.file("\(built.count).so")
      try Self.run(command + ["-o", output])
      built[command] = output
      return output
    }
  }

  /// A compiler that failed, with what it printed.
  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  /// Runs a program and throws what it printed when it fails.
  static func run(_ command: [String]) throws {
    let child = try ChildProcess(["/usr/bin/env"] + command)
    let ending = child.wait(milliseconds: 120_000)
    guard ending == .exited(0) else {
      throw Failure(
        description: "\(command.joined(separator: " ")): \(child.output)\(child.errors)")
    }
  }

  private static func literal(_ text: String) -> String {
    let escaped = text.map { character in
      switch character {
      case "\"": "\\\""
      case "\\": "\\\\"
      case "\n": "\\n"
      default: "\(character)"
      }
    }
    return "\"\(escaped.joined())\""
  }
}
