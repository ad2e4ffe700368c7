public import PluginSDK

/// A line that a plugin logged.
public struct LogLine: Sendable {
  /// How important it is.
  public let level: Log.Level
  /// The id of the plugin.
  public let plugin: String
  /// The text.
  public let message: String
  /// Names and values.
  public let fields: [(name: String, value: String)]
}
