public import CDovetail

/// An event as it lies in the host's memory: nothing is copied until it is asked for.
///
/// Lent to a handler for the length of its call; it cannot be kept, nor can the spans that it gives. `Event(_:)` makes a copy
/// that can. What gives a span or a number allocates nothing and counts no references; what gives a `String` makes a copy.
/// Safe: the host keeps the struct and everything it points to readable until the handler returns.
@safe public struct EventView: ~Copyable {
  @usableFromInline let raw: UnsafePointer<dvt_event>

  package init(_ raw: UnsafePointer<dvt_event>) {
    unsafe self.raw = unsafe raw
  }

  /// A copy of the topic.
  public var type: String { unsafe raw.pointee.type.string }
  /// A copy of the id of the plugin that published it.
  public var source: String { unsafe raw.pointee.source.string }
  /// A copy of what it is about.
  public var subject: String { unsafe raw.pointee.subject.string }
  /// A copy of the event's id; empty when source and sequence identify it.
  public var id: String { unsafe raw.pointee.id.string }
  /// A copy of the payload's media type; empty for plain bytes.
  public var contentType: String { unsafe raw.pointee.datacontenttype.string }
  /// A copy of the URI of the payload's schema.
  public var dataSchema: String { unsafe raw.pointee.dataschema.string }
  /// Its number on its topic, from 1; 0 where only synchronous handlers received it.
  @inlinable public var sequence: UInt64 { unsafe raw.pointee.sequence }
  /// Nanoseconds since 1970-01-01 UTC; 0 when it was not stamped.
  @inlinable public var time: Int64 { unsafe raw.pointee.time_ns }
  /// 1 for the first delivery, then one more each retry.
  @inlinable public var attempt: Int { unsafe Int(raw.pointee.attempt) }
  /// Whether it may have been delivered to this subscription before.
  @inlinable public var isRedelivered: Bool {
    unsafe raw.pointee.flags & DVT_EVENT_REDELIVERED != 0
  }

  /// A copy of the value of a further attribute; `nil` when the event has none of that name.
  public func attribute(_ name: String) -> String? {
    let attributes = unsafe UnsafeBufferPointer(
      start: raw.pointee.extensions, count: Int(clamping: raw.pointee.extension_count))
    return unsafe name.borrowed { name in
      unsafe attributes.first { unsafe $0.name.raw.elementsEqual(name.raw) }?.value.string
    }
  }

  /// Keeps the counted memory that the payload lies in, if there is any, beyond the call.
  public func retainBuffer(_ context: PluginContext) -> SharedBuffer? {
    guard let buffer = unsafe raw.pointee.buffer else { return nil }
    return unsafe SharedBuffer(retaining: buffer, context.link)
  }
}
