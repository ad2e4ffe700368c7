/// This version of Dovetail.
public enum Dovetail {
  /// Semantic version of the host, the ABI header's companion.
  public static let version = HostVersion.text

  /// The toolchain that built the host, as manifests name theirs: major and minor must match.
  public static let runtime: String = {
    #if compiler(>=6.4)
      "swift 6.4"
    #else
      "swift 6.3"
    #endif
  }()
}
