import FoundationEssentials
import Glibc
import HostSupport
import TestSupport

@testable import PluginHost

/// Shared objects built from C source in a temporary directory.
struct Fixture {
  let directory = TemporaryDirectory()

  /// A plugin whose entry function returns the address of `value`.
  static func plugin(value: Int, extra: String = "") -> String {
    """
    \(extra)
    int dovetail_value(void) { return \(value); }
    const void *dovetail_plugin(const void *handshake) { (void)handshake; return (const void *)dovetail_value; }
    """
  }

  /// Compiles and links a shared object with `cc`.
  @discardableResult
  func build(_ source: String, to name: String, flags: [String] = []) throws -> String {
    let path = directory.file(name)
    let input = "\(path).c"
    try FileManager.default.createDirectory(
      atPath: String(path[..<(path.lastIndex(of: "/") ?? path.endIndex)]),
      withIntermediateDirectories: true)
    try Data(source.utf8).write(to: URL(filePath: input))
    let status = try Fixture.run(
      ["/usr/bin/cc", "-shared", "-fPIC", "-o", "\(path).new", input] + flags)
    guard status == 0 else { throw SystemError("cc", name, code: EINVAL) }
    // By renaming: the linker may otherwise write in place.
    unsafe rename("\(path).new", path)
    return path
  }

  /// Runs a program and waits for it.
  static func run(_ arguments: [String]) throws -> Int32 {
    var child = pid_t()
    var argv: [UnsafeMutablePointer<CChar>?] = unsafe arguments.map { unsafe strdup($0) }
    unsafe argv.append(nil)
    defer { unsafe argv.forEach { unsafe free($0) } }
    let code = unsafe posix_spawn(&child, arguments[0], nil, nil, argv, environ)
    guard code == 0 else { throw SystemError("posix_spawn", arguments[0], code: code) }
    var status: Int32 = 0
    while unsafe waitpid(child, &status, 0) < 0 && errno == EINTR {}
    return status
  }

  /// Opens a state directory of the fixture's own.
  func state(_ name: String = "state") throws -> StateDirectory {
    try StateDirectory.open(directory.file(name))
  }

  /// A stager that finds the same facts in every file, by the file's name.
  static func stager(
    _ state: StateDirectory, _ facts: [String: LoadFacts] = [:]
  ) -> Stager {
    Stager(state: state) { (_, subject) throws(StagingError) in
      let name = subject.source.split(separator: "/").last.map(String.init) ?? ""
      return facts[name] ?? LoadFacts()
    }
  }
}

/// Calls the entry function of a fixture and the function that it returns.
func value(of image: LoadedImage) -> Int32 {
  typealias Entry = @convention(c) (UnsafeRawPointer?) -> UnsafeRawPointer?
  typealias Value = @convention(c) () -> Int32
  let entry = unsafe unsafeBitCast(image.entry, to: Entry.self)
  guard let function = unsafe entry(nil) else { return -1 }
  return unsafe unsafeBitCast(function, to: Value.self)()
}
