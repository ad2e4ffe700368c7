import CHostSupport

/// The nested publishes of the calling thread, for error messages.
enum CallChain {
  /// The topics from the outermost to the innermost publish, joined by arrows.
  static var text: String {
    var names: [String] = []
    var index: UInt32 = 0
    while index < UInt32(HS_DEPTH_MAX) {
      guard let name = unsafe hs_chain_topic(index) else { break }
      unsafe names.append(String(cString: name))
      index += 1
    }
    return names.isEmpty ? "no topic" : names.joined(separator: " → ")
  }
}
