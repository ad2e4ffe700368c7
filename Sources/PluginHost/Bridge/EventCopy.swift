import CDovetail
import CHostSupport
import EventBus
import Glibc
import HostSupport

/// Events that outlive their publish: `dvt_event`, count, size, data, attributes and texts in one block.
///
/// What every delivery looks at (the end of the event, the count, the data) lies together: these lines of memory pass from one
/// processor to another. A payload in a counted buffer is shared, not copied.
@safe enum EventCopy {
  private static let countPlace = unsafe MemoryLayout<dvt_event>.stride
  private static let sizePlace = countPlace + 8
  private static let bytesPlace = countPlace + 16

  /// The layout that the bus works with.
  static let layout = unsafe EventLayout(
    stamp: { event, sequence in
      unsafe event?.assumingMemoryBound(to: dvt_event.self).pointee.sequence = sequence
    },
    sequenceAt: MemoryLayout<dvt_event>.offset(of: \dvt_event.sequence) ?? 0,
    copy: { event in unsafe EventCopy.copy(event) },
    retain: { event in
      guard let event = unsafe event else { return }
      unsafe hs_reference_take(count(of: event))
    },
    release: { event in
      guard let event = unsafe event else { return }
      unsafe release(event)
    },
    size: { event in
      guard let event = unsafe event else { return 0 }
      return unsafe size(of: event)
    },
    setAttempt: { event, attempt in
      unsafe event?.assumingMemoryBound(to: dvt_event.self).pointee.attempt = attempt
    },
    attribute: { event, attribute in unsafe EventAttributes.bytes(of: event, attribute) },
    forward: { event, topic in unsafe EventForwarding.copy(event, to: topic) },
    markRedelivered: { event in
      unsafe event?.assumingMemoryBound(to: dvt_event.self).pointee.flags |= DVT_EVENT_REDELIVERED
    })

  private static func count(of event: UnsafeMutableRawPointer) -> UnsafeMutablePointer<Int64> {
    unsafe (event + countPlace).assumingMemoryBound(to: Int64.self)
  }

  private static func size(of event: UnsafeMutableRawPointer) -> Int {
    unsafe Int((event + sizePlace).load(as: Int64.self))
  }

  private static func release(_ event: UnsafeMutableRawPointer) {
    guard unsafe hs_reference_drop(count(of: event)) != 0 else { return }
    unsafe CountedBuffer.release(event.assumingMemoryBound(to: dvt_event.self).pointee.buffer)
    unsafe hs_block_give(event, size(of: event))
  }

  private static func copy(_ borrowed: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let borrowed = unsafe borrowed else { return nil }
    let source = unsafe borrowed.assumingMemoryBound(to: dvt_event.self).pointee
    let attributes = unsafe Int(source.extension_count)
    var bytes = unsafe Int(
      source.id.len + source.source.len + source.type.len + source.subject.len
        + source.datacontenttype.len + source.dataschema.len)
    for index in 0..<attributes {
      guard let attribute = unsafe source.extensions?[index] else { continue }
      unsafe bytes += Int(attribute.name.len + attribute.value.len)
    }
    let shared = unsafe source.buffer != nil
    let data = unsafe shared ? 0 : (Int(source.data.len) + 7) & ~7
    let table = unsafe attributes * MemoryLayout<dvt_attribute>.stride
    let total = bytesPlace + data + table + bytes
    guard let copy = unsafe hs_block_take(total) else { return nil }
    unsafe (copy + countPlace).storeBytes(of: 1, as: Int64.self)
    unsafe (copy + sizePlace).storeBytes(of: Int64(total), as: Int64.self)
    var event = unsafe source
    if shared {
      unsafe CountedBuffer.retain(source.buffer)
    } else {
      var writer = unsafe EventWriter(cursor: copy + bytesPlace)
      unsafe event.data = writer.write(source.data)
    }
    let attributePlace = unsafe copy + bytesPlace + data
    var writer = unsafe EventWriter(cursor: attributePlace + table)
    unsafe event.struct_size = UInt32(MemoryLayout<dvt_event>.size)
    unsafe event.id = writer.write(source.id)
    unsafe event.source = writer.write(source.source)
    unsafe event.type = writer.write(source.type)
    unsafe event.subject = writer.write(source.subject)
    unsafe event.datacontenttype = writer.write(source.datacontenttype)
    unsafe event.dataschema = writer.write(source.dataschema)
    unsafe event.extensions = writer.write(
      source.extensions, count: attributes, at: attributePlace)
    if unsafe event.time_ns == 0 { unsafe event.time_ns = LogTime.now() }
    unsafe copy.initializeMemory(as: dvt_event.self, repeating: event, count: 1)
    return unsafe copy
  }
}

/// Lays the variable parts of an event one after another.
@safe private struct EventWriter {
  var cursor: UnsafeMutableRawPointer

  mutating func write(_ text: dvt_str) -> dvt_str {
    unsafe dvt_str(ptr: write(text.ptr, text.len), len: text.len)
  }

  mutating func write(_ bytes: dvt_bytes) -> dvt_bytes {
    unsafe dvt_bytes(ptr: write(bytes.ptr, bytes.len), len: bytes.len)
  }

  mutating func write(
    _ attributes: UnsafePointer<dvt_attribute>?, count: Int, at table: UnsafeMutableRawPointer
  ) -> UnsafePointer<dvt_attribute>? {
    guard count > 0, let attributes = unsafe attributes else { return nil }
    let copies = unsafe table.bindMemory(to: dvt_attribute.self, capacity: count)
    for index in 0..<count {
      unsafe (copies + index).initialize(
        to: dvt_attribute(
          name: write(attributes[index].name), value: write(attributes[index].value)))
    }
    return unsafe UnsafePointer(copies)
  }

  private mutating func write(_ source: UnsafePointer<UInt8>?, _ length: UInt64) -> UnsafePointer<
    UInt8
  >? {
    guard let source = unsafe source, length > 0 else { return nil }
    let place = unsafe cursor
    unsafe place.copyMemory(from: source, byteCount: Int(length))
    unsafe cursor += Int(length)
    return unsafe UnsafePointer(place.assumingMemoryBound(to: UInt8.self))
  }
}
