import CHostSupport
import Glibc

/// What a worker may do once it maps its plugin, as lines for `sb_read`: the manifest's permissions, what libraries need, limits.
///
/// Two are equal when they say the same of the same files: one that was replaced meanwhile is another to the kernel.
public struct SandboxRules: Sendable, Equatable {
  /// The rules, one a line, without the `end` that closes them.
  public let lines: [String]
  /// What each path led to as the rules were made; `nil` where nothing was there.
  private let files: [FileIdentity?]

  /// The rules for one plugin on this machine.
  ///
  /// System paths that do not exist are left out; those of the manifest are kept, and the worker names the ones that it cannot find.
  ///
  /// - Parameters:
  ///   - permissions: What the manifest asks for.
  ///   - image: The file or folder with the staged plugin and its libraries.
  ///   - limits: What the worker may use.
  ///   - bestEffort: Whether it may go on without what the kernel lacks.
  public init(
    _ permissions: Permissions, image: String, limits: WorkerLimits, bestEffort: Bool = false
  ) {
    var system = Self.libraries + Self.data
    if let runtime = Self.swiftRuntime { system.append(runtime) }
    if permissions.exec { system += Self.programs }
    if permissions.network.reachesOut { system += Self.names }
    let present = system.compactMap { path in FileIdentity(path).map { (path, $0) } }
    files =
      present.map(\.1)
      + ([image] + permissions.files.read + permissions.files.write).map { FileIdentity($0) }
    var lines = present.map { "read \($0.0)" }
    lines += ["read /proc/self", "write /dev/null", "read \(image)"]
    lines += permissions.files.read.map { "read \($0)" }
    lines += permissions.files.write.map { "write \($0)" }
    lines += Self.rules("connect", permissions.network.connect)
    lines += Self.rules("bind", permissions.network.listen)
    if permissions.network.udp { lines.append("udp") }
    if permissions.network.unix { lines.append("unix") }
    if permissions.exec { lines.append("exec") }
    if bestEffort { lines.append("best-effort") }
    self.lines = lines + limits.rules
  }

  /// The rules for a staged plugin.
  init(_ permissions: Permissions, _ staged: StagedImage, _ configuration: HostConfiguration) {
    let folder = staged.path.lastIndex(of: "/").map { String(staged.path[..<$0]) }
    let image = staged.libraries.isEmpty ? staged.path : folder ?? staged.path
    self.init(
      permissions, image: image, limits: configuration.workerLimits,
      bestEffort: configuration.sandbox == .bestEffort)
  }

  /// What is written to the worker: every rule and `end`, each on a line.
  public var text: String { (lines + ["end"]).map { "\($0)\n" }.joined() }

  /// The folder of the Swift runtime that this process uses; `nil` when it has none of its own.
  public static let swiftRuntime: String? = {
    guard let handle = unsafe dlopen("libswiftCore.so", RTLD_LAZY | RTLD_NOLOAD) else { return nil }
    defer { unsafe dlclose(handle) }
    let path = unsafe hs_image_path(handle).map { unsafe String(cString: $0) } ?? ""
    guard let resolved = unsafe realpath(path, nil) else { return nil }
    defer { unsafe free(resolved) }
    let file = unsafe String(cString: resolved)
    return file.lastIndex(of: "/").map { String(file[..<$0]) }
  }()

  /// Where the loader finds libraries.
  private static let libraries = [
    "/lib", "/lib32", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/etc/ld.so.cache",
    "/etc/ld.so.preload",
  ]
  /// What a C library reads of its own accord.
  private static let data = [
    "/dev/zero", "/dev/random", "/dev/urandom", "/etc/localtime", "/usr/share/zoneinfo",
    "/usr/share/locale", "/usr/share/i18n", "/etc/locale.alias", "/sys/devices/system/cpu",
  ]
  /// Programs that a plugin with `exec` may start.
  private static let programs = [
    "/bin", "/sbin", "/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/libexec",
  ]
  /// How other machines are found and trusted.
  private static let names = [
    "/etc/resolv.conf", "/etc/hosts", "/etc/host.conf", "/etc/nsswitch.conf", "/etc/gai.conf",
    "/etc/services", "/etc/protocols", "/etc/ssl", "/etc/pki", "/usr/share/ca-certificates",
  ]

  /// A file, whatever its path.
  private struct FileIdentity: Sendable, Equatable {
    let device: UInt64
    let inode: UInt64

    init?(_ path: String) {
      var status = stat()
      guard unsafe stat(path, &status) == 0 else { return nil }
      device = UInt64(status.st_dev)
      inode = UInt64(status.st_ino)
    }
  }

  private static func rules(_ word: String, _ ports: NetworkAccess.Ports) -> [String] {
    switch ports {
    case .any: ["\(word) any"]
    case .only(let ports): ports.map { "\(word) \($0)" }
    }
  }
}
