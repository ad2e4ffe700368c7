/// How much of a host runs in safe mode.
public enum SafeModeLevel: String, Sendable, Codable, CaseIterable {
  /// Builds that were there in the last good run; a plugin that has changed since runs in the build that it had then, a new
  /// one does not run.
  case knownGood = "known-good"
  /// No plugin of the folder.
  case noPlugins = "no-plugins"
}
