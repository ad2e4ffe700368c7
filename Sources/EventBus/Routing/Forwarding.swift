/// What comes of preparing an event for another topic.
@safe public enum Forwarding {
  /// A copy of the event for that topic, whose one reference is the receiver's.
  case copy(UnsafeMutableRawPointer)
  /// It is not taken: routes took it so often that it goes in circles, or there is no memory.
  case stopped
}
