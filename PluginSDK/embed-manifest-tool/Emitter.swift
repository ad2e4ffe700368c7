/// The languages that a manifest is written in as an array of bytes.
enum Emitter: String {
  /// A global `InlineArray` in a Swift file.
  case swift
  /// An array in a C or C++ file.
  case c

  /// The source text that places `bytes` in the section `dovetail_manifest`.
  func source(_ bytes: [UInt8]) -> String {
    let list = bytes.map(String.init).joined(separator: ",")
    return switch self {
    case .swift:
      """
      // Made from plugin.json by embed-manifest-tool.
      #if objectFormat(ELF)
      @section("dovetail_manifest") @used
      let dovetailManifest: InlineArray<\(bytes.count), UInt8> = [\(list)]
      #endif

      """
    case .c:
      """
      /* Made from plugin.json by embed-manifest-tool. */
      __attribute__((section("dovetail_manifest"), used))
      static const unsigned char dovetail_manifest_bytes[\(bytes.count)] = {\(list)};

      """
    }
  }
}
