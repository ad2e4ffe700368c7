import CDovetail

/// An event with the attributes of CloudEvents 1.0, owned by the plugin.
///
/// A publisher fills what it wants to say; the host fills `type`, `source`, `sequence`, `attempt` and `isRedelivered`.
public struct Event: Sendable {
  /// The payload, at most 16 MiB.
  public var data: [UInt8]
  /// What it is about, free text.
  public var subject: String
  /// The payload's media type; empty for plain bytes.
  public var contentType: String
  /// The event's id; empty when source and sequence identify it.
  public var id = ""
  /// URI of the schema of the payload.
  public var dataSchema = ""
  /// Further attributes, at most 64.
  public var extensions: [(name: String, value: String)] = []
  /// Nanoseconds since 1970-01-01 UTC; 0 = not stamped.
  public var time: Int64 = 0
  /// Host: the topic.
  public private(set) var type = ""
  /// Host: id of the plugin that published it.
  public private(set) var source = ""
  /// Host: its number on its topic, from 1; 0 where only synchronous handlers received it.
  public private(set) var sequence: UInt64 = 0
  /// Host: 1 for the first delivery, then one more each retry.
  public private(set) var attempt = 0
  /// Host: whether it may have been delivered to this subscription before.
  public private(set) var isRedelivered = false

  /// Makes an event to publish.
  public init(data: [UInt8], subject: String = "", contentType: String = "") {
    self.data = data
    self.subject = subject
    self.contentType = contentType
  }

  /// Copies an event out of the host's memory.
  public init(_ view: borrowing EventView) {
    // The host's struct may be shorter than the one known here.
    var raw = unsafe dvt_event()
    unsafe withUnsafeMutableBytes(of: &raw) { raw in
      let size = unsafe min(Int(view.raw.pointee.struct_size), raw.count)
      unsafe raw.copyMemory(from: UnsafeRawBufferPointer(start: view.raw, count: size))
    }
    unsafe self.init(
      data: raw.data.array, subject: raw.subject.string, contentType: raw.datacontenttype.string)
    id = unsafe raw.id.string
    dataSchema = unsafe raw.dataschema.string
    time = unsafe raw.time_ns
    type = unsafe raw.type.string
    source = unsafe raw.source.string
    sequence = unsafe raw.sequence
    attempt = unsafe Int(raw.attempt)
    isRedelivered = unsafe raw.flags & DVT_EVENT_REDELIVERED != 0
    let attributes = unsafe UnsafeBufferPointer(
      start: raw.extensions, count: Int(raw.extension_count))
    extensions = unsafe attributes.map { unsafe (name: $0.name.string, value: $0.value.string) }
  }

  /// Lends the attributes (not the payload) to the ABI.
  func attributes(_ arena: Arena) -> dvt_event {
    var event = unsafe dvt_event.headed()
    unsafe event.id = unsafe arena.text(id)
    unsafe event.subject = unsafe arena.text(subject)
    unsafe event.datacontenttype = unsafe arena.text(contentType)
    unsafe event.dataschema = unsafe arena.text(dataSchema)
    unsafe event.time_ns = time
    unsafe event.extensions = unsafe arena.attributes(extensions)
    unsafe event.extension_count = UInt64(extensions.count)
    return unsafe event
  }
}
