extension PluginContext {
  /// The plugin's settings, or a part of them, as a type of its own.
  ///
  /// - Parameters:
  ///   - type: What the settings decode into.
  ///   - pointer: A JSON Pointer (RFC 6901); the whole object when omitted.
  /// - Returns: The decoded settings.
  /// - Throws: `notFound`, `invalid` (another shape) or `gone`.
  public func settings<Settings: Decodable>(
    as type: Settings.Type, at pointer: String = ""
  ) throws(PluginError) -> Settings {
    let subject = pointer.isEmpty ? "settings" : "setting \(pointer)"
    return try JSONCoding.decode(type, settingJSON(pointer), for: subject)
  }
}
