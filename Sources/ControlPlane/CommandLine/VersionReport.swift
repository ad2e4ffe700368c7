import PluginHost

/// What `dovetail version` prints.
public struct VersionReport: Codable, Sendable, Equatable {
  /// Dovetail's version.
  public let version: String
  /// The plugin ABI that this host serves, as major.minor.
  public let abi: String
  /// The toolchain that built it, as major.minor.
  public let toolchain: String
  /// The machine that it was built for.
  public let target: String

  /// Of this executable.
  public static var current: VersionReport {
    #if arch(x86_64)
      let machine = "x86-64"
    #elseif arch(arm64)
      let machine = "aarch64"
    #else
      let machine = "unknown"
    #endif
    return VersionReport(
      version: HostVersion.text, abi: "1.0", toolchain: HostVersion.toolchain,
      target: "linux \(machine)")
  }

  /// One line for people, with its newline.
  public var text: String {
    "dovetail \(version) (plugin ABI \(abi), Swift \(toolchain), \(target))\n"
  }
}
