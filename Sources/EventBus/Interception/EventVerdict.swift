/// What an interceptor says of an event.
@safe public enum EventVerdict {
  /// It goes on as it is.
  case pass
  /// Another goes on: a copy of the layout's, whose one reference is the receiver's.
  case amended(UnsafeMutableRawPointer)
  /// It was dealt with: nobody else receives it, and the publish succeeds.
  case answered
  /// Nobody receives it, and the publish fails.
  case refused
}
