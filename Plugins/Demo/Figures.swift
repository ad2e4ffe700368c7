/// What is told at the end.
struct Figures {
  /// Events of the host about its plugins.
  var follower: Follower?
  /// Milliseconds for which the gates were closed when analytics was replaced.
  var pause = 0.0
  /// Bytes, when the host was ready.
  var residentAtStart = 0
}
