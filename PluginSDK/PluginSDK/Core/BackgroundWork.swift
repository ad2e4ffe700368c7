/// Work of a plugin that goes on between the host's calls, brought to rest with the plugin's lifecycle.
class BackgroundWork: @unchecked Sendable {
  // Safe: no state of its own.

  /// Returns when nothing runs any more; what comes up later waits for `resume`.
  func suspend() {}

  /// Goes on with what waited.
  func resume() {}

  /// Cancels all and waits for the end.
  func finish() {}
}
