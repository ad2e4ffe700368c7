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
  /// - Throws: `full`, `depth`, `wouldDeadlock`, `unavailable`, `denied` (an interceptor refused it), `invalid` (also: it does
  ///   not fit what was declared of the topic) or `gone`. A handler's failure is not the publisher's.
  public func publish(bytes data: borrowing RawSpan) throws(PluginError) {
    var event = unsafe dvt_event.headed()
    unsafe try data.withUnsafeBytes { (buffer) throws(PluginError) in
      unsafe event.data = unsafe dvt_bytes(buffer)
      unsafe try send(&event)
    }
  }

  /// Publishes bytes and no attributes, as cheaply.
  ///
  /// - Parameter data: At most 16 MiB.
  /// - Throws: As the one that takes a raw span.
  public func publish(bytes data: borrowing Span<UInt8>) throws(PluginError) {
    // Safe: a byte has no padding.
    unsafe try publish(bytes: data.bytes)
  }

  /// Publishes bytes, what they are about and what they are, without any allocation.
  ///
  /// - Parameters:
  ///   - data: At most 16 MiB.
  ///   - subject: Free text, UTF-8.
  ///   - contentType: The media type of `data`; empty for plain bytes.
  /// - Throws: As the one that takes a raw span.
  public func publish(
    bytes data: borrowing Span<UInt8>, subject: borrowing Span<UInt8>,
    contentType: StaticString = ""
  ) throws(PluginError) {
    var event = unsafe dvt_event.headed()
    unsafe event.datacontenttype = unsafe contentType.borrowed
    unsafe try subject.withUnsafeBytes { (subject) throws(PluginError) in
      unsafe event.subject = unsafe dvt_str(subject)
      unsafe try data.withUnsafeBytes { (data) throws(PluginError) in
        unsafe event.data = unsafe dvt_bytes(data)
        unsafe try send(&event)
      }
    }
  }

  /// Publishes bytes and no attributes.
  ///
  /// - Parameter data: At most 16 MiB.
  /// - Throws: As the one that takes a raw span.
  public func publish(bytes data: [UInt8]) throws(PluginError) {
    try publish(bytes: data.span)
  }

  /// Publishes the memory of a number, or of a struct of numbers, and no attributes, without any allocation.
  ///
  /// - Parameter value: As this machine has it. A struct has no padding: what lies in it by chance would be published.
  /// - Throws: As the one that takes a raw span.
  @inlinable public func publish<Value: BitwiseCopyable>(value: Value) throws(PluginError) {
    unsafe try withUnsafeBytes(of: value) { (bytes) throws(PluginError) in
      unsafe try publish(bytes: RawSpan(_unsafeBytes: bytes))
    }
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

  private func send(_ event: UnsafePointer<dvt_event>) throws(PluginError) {
    guard let publish = unsafe link.events?.pointee.publish else {
      throw HostLink.missing("dovetail.events/1")
    }
    unsafe try attempt { unsafe publish(link.host, number, event, $0) }
  }
}
