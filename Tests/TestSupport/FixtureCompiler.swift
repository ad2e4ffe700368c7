import FoundationEssentials
import Glibc

/// Builds shared objects from C source with the system's compiler, for tests that need real ones.
public struct FixtureCompiler: Sendable {
  /// The folder that the results are written to.
  public let folder: String

  /// A compiler that writes to a folder.
  public init(folder: String) {
    self.folder = folder
  }

  /// Compiles C source to `NAME` in the folder.
  ///
  /// - Parameters:
  ///   - name: The result's file name, such as `a.so`.
  ///   - source: C source text.
  ///   - flags: Further flags, such as `-lpthread`.
  ///   - compiler: The program; searched for on the path.
  ///   - shared: Whether a shared object is made; else what `flags` say.
  /// - Returns: The result's path.
  /// - Throws: `Failure` with the compiler's output.
  @discardableResult
  public func compile(
    _ name: String, _ source: String, flags: [String] = [], compiler: String = "cc",
    shared: Bool = true
  ) throws(Failure) -> String {
    let language = compiler.hasSuffix("++") ? "c++" : "c"
    let input = "\(folder)/\(name).\(language == "c" ? "c" : "cc")"
    let output = "\(folder)/\(name)"
    do {
      try Data(source.utf8).write(to: URL(filePath: input))
    } catch {
      throw Failure(output: "\(error)")
    }
    let kind = shared ? ["-shared", "-fPIC"] : []
    try run([compiler, "-x", language] + kind + ["-O1", "-o", output, input] + flags)
    _ = unsafe unlink(input)
    return output
  }

  /// Compiles Swift source to the shared object `NAME` in the folder.
  ///
  /// - Parameters:
  ///   - name: The result's file name, such as `a.so`.
  ///   - source: Swift source text.
  ///   - flags: Further flags, such as `-static-stdlib`.
  /// - Returns: The result's path.
  /// - Throws: `Failure` with the compiler's output.
  @discardableResult
  public func compileSwift(
    _ name: String, _ source: String, flags: [String] = []
  ) throws(Failure) -> String {
    let input = "\(folder)/\(name).swift"
    let output = "\(folder)/\(name)"
    do {
      try Data(source.utf8).write(to: URL(filePath: input))
    } catch {
      throw Failure(output: "\(error)")
    }
    let module = ["-module-name", "Fixture", "-emit-library", "-o", output]
    try run(["swiftc", "-parse-as-library"] + module + [input] + flags)
    _ = unsafe unlink(input)
    return output
  }

  /// A C source that embeds a manifest and exports the entry symbol.
  ///
  /// - Parameters:
  ///   - manifest: The manifest's text; `nil` for an image without one.
  ///   - more: Further source text.
  /// - Returns: The source.
  public static func plugin(manifest: String?, _ more: String = "") -> String {
    let bytes = manifest.map { $0.utf8.map { "\($0)" }.joined(separator: ",") }
    let section =
      bytes.map {
        "__attribute__((section(\"dovetail_manifest\"), used))"
          + " static const unsigned char manifest[] = {\($0)};\n"
      } ?? ""
    return section + "const void *dovetail_plugin(const void *h) { return 0; }\n" + more
  }

  /// A compiler that failed.
  public struct Failure: Error, CustomStringConvertible {
    /// What it printed.
    public let output: String
    /// What it printed.
    public var description: String { output }
  }

  private func run(_ arguments: [String]) throws(Failure) {
    let log = "\(folder)/compiler-output"
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    unsafe posix_spawn_file_actions_addopen(&actions, 1, log, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    unsafe posix_spawn_file_actions_adddup2(&actions, 1, 2)
    var raw: [UnsafeMutablePointer<CChar>?] = unsafe arguments.map { unsafe strdup($0) } + [nil]
    defer { unsafe raw.forEach { unsafe free($0) } }
    var child = pid_t()
    let code = unsafe posix_spawnp(&child, arguments[0], &actions, nil, &raw, environ)
    guard code == 0 else { throw Failure(output: "cannot start \(arguments[0]): error \(code)") }
    var status: Int32 = 0
    while unsafe waitpid(child, &status, 0) < 0, errno == EINTR {}
    guard status == 0 else {
      let output = (try? Data(contentsOf: URL(filePath: log))) ?? Data()
      throw Failure(output: String(decoding: output, as: UTF8.self))
    }
    _ = unsafe unlink(log)
  }
}
