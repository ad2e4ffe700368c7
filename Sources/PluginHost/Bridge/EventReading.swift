import CDovetail
import HostSupport

/// Turns events into what operators read.
@safe enum EventReading {
  /// The event as a CloudEvent; `nil` for no event.
  static func report(_ event: UnsafeMutableRawPointer?) -> EventReport? {
    guard let event = unsafe event?.assumingMemoryBound(to: dvt_event.self).pointee else {
      return nil
    }
    let source = unsafe event.source.text
    let type = unsafe event.type.text
    let given = unsafe event.id.text
    let sequence = unsafe event.sequence
    var report = EventReport(
      id: given.isEmpty ? "\(type)#\(sequence)" : given, source: source, type: type,
      payload: Payload(unsafe event.data.array, contentType: unsafe event.datacontenttype.text))
    let subject = unsafe event.subject.text
    report.subject = subject.isEmpty ? nil : subject
    let time = unsafe event.time_ns
    report.time = time == 0 ? nil : LogTime.rfc3339(time)
    let schema = unsafe event.dataschema.text
    report.dataschema = schema.isEmpty ? nil : schema
    if sequence > 0 { report.extensions["sequence"] = "\(sequence)" }
    for index in 0..<(unsafe Int(event.extension_count)) {
      guard let attribute = unsafe event.extensions?[index] else { continue }
      unsafe report.extensions[attribute.name.text] = attribute.value.text
    }
    return report
  }
}
