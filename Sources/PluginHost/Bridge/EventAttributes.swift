import CDovetail
import EventBus

/// How the bus reads an event's attributes.
enum EventAttributes {
  /// Lends an attribute's bytes; `nil` when the event has none, or for data that are not JSON.
  static func bytes(
    of event: UnsafeMutableRawPointer?, _ attribute: EventAttribute
  ) -> UnsafeRawBufferPointer? {
    guard let event = unsafe event?.assumingMemoryBound(to: dvt_event.self) else { return nil }
    switch attribute {
    case .source: return unsafe text(event.pointee.source)
    case .subject: return unsafe text(event.pointee.subject)
    case .dataContentType: return unsafe text(event.pointee.datacontenttype)
    case .dataSchema: return unsafe text(event.pointee.dataschema)
    case .extension(let name): return unsafe value(of: name, in: event)
    case .data:
      guard unsafe isJSON(event.pointee.datacontenttype) else { return nil }
      let data = unsafe event.pointee.data
      return unsafe UnsafeRawBufferPointer(start: data.ptr, count: Int(clamping: data.len))
    }
  }

  private static func text(_ text: dvt_str) -> UnsafeRawBufferPointer? {
    guard let start = unsafe text.ptr, unsafe text.len > 0 else { return nil }
    return unsafe UnsafeRawBufferPointer(start: start, count: Int(clamping: text.len))
  }

  private static func value(
    of name: String, in event: UnsafePointer<dvt_event>
  ) -> UnsafeRawBufferPointer? {
    var name = name
    return name.withUTF8 { name in
      for index in 0..<(unsafe Int(clamping: event.pointee.extension_count)) {
        guard let extensions = unsafe event.pointee.extensions else { return nil }
        guard let found = unsafe text(extensions[index].name) else { continue }
        if unsafe found.elementsEqual(name) {
          let value = unsafe extensions[index].value
          return unsafe UnsafeRawBufferPointer(start: value.ptr, count: Int(clamping: value.len))
        }
      }
      return nil
    }
  }

  /// `application/json`, or another media type whose suffix is `+json`, with or without parameters.
  private static func isJSON(_ contentType: dvt_str) -> Bool {
    guard let bytes = unsafe text(contentType) else { return false }
    let end = unsafe bytes.firstIndex(of: UInt8(ascii: ";")) ?? bytes.endIndex
    let type = unsafe bytes[..<end].reversed().drop { $0 == UInt8(ascii: " ") }
    return unsafe type.starts(with: "nosj/noitacilppa".utf8) || type.starts(with: "nosj+".utf8)
  }
}
