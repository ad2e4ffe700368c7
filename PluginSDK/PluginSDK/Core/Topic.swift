import CDovetail

/// A topic that was opened for publishing. Open it once in `start()` and keep it.
public struct Topic: Sendable {
  private let link: HostLink
  private let number: dvt_topic

  init(_ link: HostLink, _ name: String) throws(PluginError) {
    self.link = link
    guard let open = unsafe link.events?.pointee.topic else {
      throw HostLink.missing("dovetail.events/1")
    }
    var number: dvt_topic = 0
    unsafe try attempt { error in
      unsafe name.borrowed { unsafe open(link.host, $0, &number, error) }
    }
    self.number = number
  }

  /// Publishes bytes and no attributes: the cheapest way, without any allocation.
  ///
  /// - Parameter data: At most 16 MiB.
  /// - Throws: `full`, `depth`, `wouldDeadlock`, `unavailable`, `invalid` or `gone`. A handler's failure is not the publisher's.
  public func publish(bytes data: borrowing RawSpan) throws(PluginError) {
    var event = unsafe dvt_event.headed()
    unsafe try data.withUnsafeBytes { (buffer) throws(PluginError) in
      unsafe event.data = unsafe dvt_bytes(buffer)
      unsafe try send(&event)
    }
  }

  /// Publishes bytes and no attributes.
  ///
  /// - Parameter data: At most 16 MiB.
  /// - Throws: As the one that takes a span.
  public func publish(bytes data: [UInt8]) throws(PluginError) {
    unsafe try publish(bytes: data.span.bytes)
  }

  /// Publishes an event.
  ///
  /// - Parameter event: Its payload is at most 16 MiB.
  /// - Throws: As `publish(bytes:)`.
  public func publish(_ event: Event) throws(PluginError) {
    let arena = Arena()
    var raw = unsafe event.attributes(arena)
    defer { withExtendedLifetime(arena) {} }
    unsafe try event.data.span.bytes.withUnsafeBytes { (buffer) throws(PluginError) in
      unsafe raw.data = unsafe dvt_bytes(buffer)
      unsafe try send(&raw)
    }
  }

  /// Publishes a counted buffer, uncopied, with the attributes of `event`, whose own payload is ignored.
  ///
  /// - Parameters:
  ///   - buffer: The payload.
  ///   - event: The attributes.
  /// - Throws: As `publish(bytes:)`.
  public func publish(
    _ buffer: SharedBuffer, attributes event: Event = Event(data: [])
  ) throws(PluginError) {
    let arena = Arena()
    var raw = unsafe event.attributes(arena)
    unsafe raw.data = unsafe dvt_bytes(
      ptr: UnsafePointer(buffer.raw.pointee.ptr), len: buffer.raw.pointee.len)
    unsafe raw.buffer = unsafe buffer.raw
    defer { withExtendedLifetime((arena, buffer)) {} }
    unsafe try send(&raw)
  }

  private func send(_ event: inout dvt_event) throws(PluginError) {
    guard let publish = unsafe link.events?.pointee.publish else {
      throw HostLink.missing("dovetail.events/1")
    }
    var lent = unsafe event
    unsafe try attempt { unsafe publish(link.host, number, &lent, $0) }
  }
}
