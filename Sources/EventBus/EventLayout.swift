/// What the bus must know of an event: how to number, copy, count and free it. The bus reads nothing else of it.
///
/// Threading: the functions are called from any thread, and but for `size` never under a lock of the bus.
@safe public struct EventLayout: Sendable {
  /// Writes the topic's sequence number into an event that is being published.
  public let stamp: @convention(c) (UnsafeMutableRawPointer?, UInt64) -> Void
  /// Where in an event that number lies, in bytes; 0 when nobody is to read it there.
  public let sequenceAt: Int
  /// Copies a borrowed event into memory of its own, with one reference; `nil` when there is no memory.
  public let copy: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer?
  /// Takes one more reference to a copy.
  public let retain: @convention(c) (UnsafeMutableRawPointer?) -> Void
  /// Gives a reference back; the last frees the copy.
  public let release: @convention(c) (UnsafeMutableRawPointer?) -> Void
  /// Bytes that a copy holds; also called under a lock of the bus.
  public let size: @convention(c) (UnsafeMutableRawPointer?) -> Int
  /// Writes the number of the attempt into a copy.
  public let setAttempt: @convention(c) (UnsafeMutableRawPointer?, UInt32) -> Void
  /// Lends an attribute's bytes; `nil` where the event has none. `data` only of an event whose data are JSON.
  public let attribute:
    @Sendable (UnsafeMutableRawPointer?, EventAttribute) -> UnsafeRawBufferPointer?
  /// Prepares an event for a route to the topic of that name.
  public let forward: @Sendable (UnsafeMutableRawPointer?, String) -> Forwarding
  /// Marks a copy as delivered for a second time.
  public let markRedelivered: @convention(c) (UnsafeMutableRawPointer?) -> Void

  /// Describes an event's layout.
  public init(
    stamp: @escaping @convention(c) (UnsafeMutableRawPointer?, UInt64) -> Void,
    sequenceAt: Int = 0,
    copy: @escaping @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer?,
    retain: @escaping @convention(c) (UnsafeMutableRawPointer?) -> Void,
    release: @escaping @convention(c) (UnsafeMutableRawPointer?) -> Void,
    size: @escaping @convention(c) (UnsafeMutableRawPointer?) -> Int,
    setAttempt: @escaping @convention(c) (UnsafeMutableRawPointer?, UInt32) -> Void,
    attribute:
      @escaping @Sendable (UnsafeMutableRawPointer?, EventAttribute) ->
      UnsafeRawBufferPointer?,
    forward: @escaping @Sendable (UnsafeMutableRawPointer?, String) -> Forwarding,
    markRedelivered: @escaping @convention(c) (UnsafeMutableRawPointer?) -> Void
  ) {
    unsafe self.stamp = stamp
    self.sequenceAt = sequenceAt
    unsafe self.copy = copy
    unsafe self.retain = retain
    unsafe self.release = release
    unsafe self.size = size
    unsafe self.setAttempt = setAttempt
    unsafe self.attribute = attribute
    unsafe self.forward = unsafe forward
    unsafe self.markRedelivered = markRedelivered
  }

  /// Lends an attribute of an event while `body` runs.
  func withAttribute<Result>(
    _ attribute: EventAttribute, of event: UnsafeMutableRawPointer?,
    _ body: (UnsafeRawBufferPointer?) -> Result
  ) -> Result { unsafe body(self.attribute(event, attribute)) }
}
