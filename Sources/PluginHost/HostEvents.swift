import CDovetail
import CHostSupport
import EventBus
import HostSupport
import MetadataStore
import Synchronization

/// The host's own events: `system.*`, `plugin.*`, `metadata.changed`, and what operators publish.
///
/// They reach their handlers on a thread of their own, so that none of these holds up who publishes; what operators publish and
/// changes of records do so on the publisher's thread. Threading: any thread.
@safe final class HostEvents: Sendable {
  private let bus: EventBus
  private let source = EternalText("dovetail")
  private let contentType = EternalText("application/json")
  private let recent: RecentEvents
  private let losses: Losses
  private let announcer = Announcer()
  /// Asked at every change of a record whether anybody listens.
  private let changed: Topic?

  /// Publishes on a bus, and keeps the latest events.
  init(bus: EventBus, keeping recent: RecentEvents, losses: Losses) {
    self.bus = bus
    self.losses = losses
    self.recent = recent
    changed = try? bus.topic("metadata.changed")
  }

  /// Publishes an event with JSON data.
  ///
  /// - Parameters:
  ///   - type: The topic.
  ///   - subject: What it is about.
  ///   - data: What it says: pairs, since a dictionary of so few takes twice the memory and the time.
  ///   - milliseconds: How long to wait for the handlers, where their coming first is the point; else it returns at once.
  func publish(
    _ type: String, subject: String = "", _ data: KeyValuePairs<String, JSON>,
    waiting milliseconds: Int = 0
  ) {
    recent.keep(type, subject: subject, data)
    guard let topic = topicWithHandlers(type) else { return }
    let number = announcer.submit { [self] in deliver(topic, subject: subject, data) }
    guard let number else {
      losses.note(.hostEventDropped)
      return
    }
    if milliseconds == 0 { return }
    _ = announcer.wait(for: number, until: .after(milliseconds: milliseconds))
  }

  /// Publishes an event that interceptors may object to, and waits for the handlers.
  ///
  /// - Parameters:
  ///   - type: The topic.
  ///   - data: What it says.
  ///   - milliseconds: How long to wait; who has not answered then does not object.
  /// - Returns: Why an interceptor refused it; `nil` when none did.
  func objection(
    to type: String, _ data: KeyValuePairs<String, JSON>, waiting milliseconds: Int
  ) -> String? {
    recent.keep(type, subject: "", data)
    guard let topic = topicWithHandlers(type) else { return nil }
    let objection = Objection()
    let number = announcer.submit { [self] in
      let bytes = HostEvents.bytes(of: data)
      let failure = unsafe publish(topic, subject: "", bytes, contentType: contentType.value)
      guard let failure else { return }
      losses.note(failure)
      guard failure == .refused else { return }
      objection.text.withLock { $0 = ErrorReport(failure, "'\(type)'").message }
    }
    guard let number else {
      losses.note(.hostEventDropped)
      return nil
    }
    _ = announcer.wait(for: number, until: .after(milliseconds: milliseconds))
    return objection.text.withLock { $0 }
  }

  private final class Objection: Sendable {
    let text = Mutex<String?>(nil)
  }

  /// Delivers nothing more.
  func stop() { announcer.stop() }

  private func topicWithHandlers(_ type: String) -> Topic? {
    bus.isHeard(type) ? try? bus.topic(type) : nil
  }

  private func deliver(_ topic: Topic, subject: String, _ data: KeyValuePairs<String, JSON>) {
    let bytes = HostEvents.bytes(of: data)
    let failure = unsafe publish(topic, subject: subject, bytes, contentType: contentType.value)
    if let failure { losses.note(failure) }
  }

  /// Publishes on this thread.
  private func publishHere(
    _ type: String, subject: String = "", _ data: KeyValuePairs<String, JSON>
  ) {
    recent.keep(type, subject: subject, data)
    guard let topic = topicWithHandlers(type) else { return }
    deliver(topic, subject: subject, data)
  }

  /// The data as the JSON text of an object.
  static func bytes(of data: KeyValuePairs<String, JSON>) -> [UInt8] {
    let members = Dictionary(data.map { ($0.key, $0.value) }) { first, _ in first }
    return Array(JSON.object(members).text().utf8)
  }

  /// Whether anybody is to be told of changes of the metadata store.
  var wantsChanges: Bool { changed?.isHeard ?? true }

  /// Tells of a committed change of the metadata store.
  func publish(changed event: MetadataWatchEvent) {
    switch event {
    case .change(let change), .left(let change):
      // Not kept among the recent events either: thousands of them would displace all others.
      guard wantsChanges else { return }
      publishHere(
        "metadata.changed", subject: "\(change.record.collection)/\(change.record.key)",
        [
          "collection": .string(change.record.collection), "key": .string(change.record.key),
          "version": .int(Int64(clamping: change.record.version)),
          "revision": .int(Int64(clamping: change.revision)),
          "deleted": .bool(change.isRemoval),
        ])
    case .resync(let revision):
      publishHere("metadata.resync", ["revision": .int(Int64(clamping: revision))])
    }
  }

  /// Publishes an event of an operator's.
  ///
  /// - Returns: The event's number in its topic (0 when it was not numbered), and why some handler was left out.
  /// - Throws: `BusError.invalid`.
  func publish(
    _ type: String, payload: Payload, subject: String
  ) throws(BusError) -> (sequence: UInt64, failure: CallFailure?) {
    try bus.withTopic(type) { topic in
      let before = topic.sequence
      let failure = unsafe withText(payload.contentType) { contentType in
        unsafe publish(
          topic, subject: subject, payload.bytes, contentType: contentType, keeps: true)
      }
      if let failure { losses.note(failure) }
      let after = topic.sequence
      return (after == before ? 0 : after, failure)
    }
  }

  private func publish(
    _ topic: Topic, subject: String, _ bytes: [UInt8], contentType: dvt_str, keeps: Bool = false
  ) -> CallFailure? {
    unsafe withText(topic.name) { type in
      unsafe withText(subject) { subject in
        unsafe withBytes(bytes) { data in
          var event = unsafe dvt_event()
          unsafe event.struct_size = UInt32(MemoryLayout<dvt_event>.size)
          unsafe event.abi_major = UInt16(DVT_ABI_MAJOR)
          unsafe event.abi_minor = UInt16(DVT_ABI_MINOR)
          unsafe event.time_ns = LogTime.now()
          unsafe event.source = source.value
          unsafe event.type = type
          unsafe event.subject = subject
          unsafe event.datacontenttype = contentType
          unsafe event.data = data
          unsafe event.attempt = 1
          if keeps, let report = unsafe EventReading.report(&event) { recent.keep(report) }
          return unsafe topic.publish(&event)
        }
      }
    }
  }
}
