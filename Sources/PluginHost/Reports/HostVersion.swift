/// Which Dovetail this is.
public enum HostVersion {
  /// Semver; the CHANGELOG has what changed.
  public static let text = "0.1.0"
  /// The toolchain that built the host, as major.minor: plugins with Swift metadata must match it.
  public static var toolchain: String {
    #if compiler(>=6.5)
      "unknown"
    #elseif compiler(>=6.4)
      "6.4"
    #elseif compiler(>=6.3)
      "6.3"
    #else
      "6.2"
    #endif
  }
}
