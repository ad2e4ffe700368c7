import Glibc
import HostSupport

/// Folders of plugins, made by copying and patching what run.sh compiled.
enum PluginFolder {
  static let count = 1000
  private static let placeholder = Array("p0000".utf8)

  /// A folder of 1,000 distinct plugins p0000 … p0999; made once.
  static func thousand(_ workspace: Workspace) throws -> String {
    let folder = "\(workspace.path)/plugins"
    let template = try read("\(workspace.path)/trivial.so")
    // The last one, so that a run that was cut short is made again.
    if let made = try? read("\(folder)/p0999.so"), made == patched(template, 999) { return folder }
    let fresh = try workspace.fresh("plugins")
    for number in 0..<count {
      try write(patched(template, number), "\(fresh)/\(id(number)).so")
    }
    return fresh
  }

  /// A folder that holds copies of some compiled plugins.
  static func of(_ names: [String], as folder: String, _ workspace: Workspace) throws -> String {
    let fresh = try workspace.fresh(folder)
    for name in names {
      try write(try read("\(workspace.path)/\(name).so"), "\(fresh)/\(name).so")
    }
    return fresh
  }

  private static func id(_ number: Int) -> String {
    let digits = "\(number)"
    return "p" + String(repeating: "0", count: 4 - digits.count) + digits
  }

  private static func patched(_ template: [UInt8], _ number: Int) -> [UInt8] {
    var bytes = template
    let id = Array(id(number).utf8)
    for start in 0..<max(0, bytes.count - id.count)
    where bytes[start] == placeholder[0] && Array(bytes[start..<start + id.count]) == placeholder {
      bytes.replaceSubrange(start..<start + id.count, with: id)
    }
    return bytes
  }

  private static func read(_ path: String) throws -> [UInt8] {
    try FileDescriptor.open(path, O_RDONLY).read(4 << 20, at: 0)
  }

  private static func write(_ bytes: [UInt8], _ path: String) throws {
    try FileDescriptor.open(path, O_WRONLY | O_CREAT | O_EXCL, mode: 0o755).write(bytes)
  }
}
