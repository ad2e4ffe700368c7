import CDovetail
import EventBus

/// Prepares an event that a route takes to another topic.
///
/// Two extension attributes go with it: `routedfrom`, the topic that it was published to, and `routehops`, how many routes took it.
/// Because they travel in the event, they also stop circles that lead through plugins which pass the attributes on.
enum EventForwarding {
  /// Routes that one event may take.
  static let mostHops = 8

  /// A copy of an event for another topic.
  static func copy(_ event: UnsafeMutableRawPointer?, to topic: String) -> Forwarding {
    guard let event = unsafe event?.assumingMemoryBound(to: dvt_event.self) else { return .stopped }
    let hops = unsafe EventAttributes.bytes(of: event, .extension("routehops"))
      .flatMap { unsafe Int(String(decoding: $0, as: UTF8.self)) }
    let next = max(0, hops ?? 0) + 1
    guard next <= mostHops else { return .stopped }
    let origin = unsafe EventAttributes.bytes(of: event, .extension("routedfrom"))
      .map { unsafe String(decoding: $0, as: UTF8.self) }
    var attributes = unsafe Self.attributes(of: event)
    return unsafe withText(topic) { type in
      unsafe withText("routehops") { hopsName in
        unsafe withText("\(next)") { hops in
          unsafe withText("routedfrom") { originName in
            unsafe withText(origin ?? event.pointee.type.text) { origin in
              unsafe attributes.append(dvt_attribute(name: hopsName, value: hops))
              unsafe attributes.append(dvt_attribute(name: originName, value: origin))
              return unsafe copy(event.pointee, type, attributes)
            }
          }
        }
      }
    }
  }

  /// The event's own attributes, without those of a route before.
  private static func attributes(of event: UnsafePointer<dvt_event>) -> [dvt_attribute] {
    let all = unsafe UnsafeBufferPointer(
      start: event.pointee.extensions, count: Int(event.pointee.extension_count))
    return unsafe Array(
      all.filter { attribute in
        let name = unsafe attribute.name.text
        return name != "routehops" && name != "routedfrom"
      })
  }

  private static func copy(
    _ event: dvt_event, _ type: dvt_str, _ attributes: [dvt_attribute]
  ) -> Forwarding {
    unsafe attributes.withUnsafeBufferPointer { attributes in
      var forwarded = unsafe event
      unsafe forwarded.type = unsafe type
      unsafe forwarded.sequence = 0
      unsafe forwarded.extensions = attributes.baseAddress
      unsafe forwarded.extension_count = UInt64(attributes.count)
      guard let copy = unsafe EventCopy.layout.copy(&forwarded) else { return .stopped }
      return unsafe .copy(copy)
    }
  }
}
