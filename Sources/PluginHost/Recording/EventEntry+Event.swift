import CDovetail
import EventStore
import HostSupport

extension EventEntry {
  /// Copies a borrowed event.
  init(_ event: UnsafePointer<dvt_event>) {
    let source = unsafe event.pointee
    self.init(type: unsafe source.type.text, data: unsafe source.data.array)
    time = unsafe source.time_ns
    sequence = unsafe source.sequence
    isRedelivered = unsafe source.flags & DVT_EVENT_REDELIVERED != 0
    id = unsafe source.id.text
    self.source = unsafe source.source.text
    subject = unsafe source.subject.text
    dataContentType = unsafe source.datacontenttype.text
    dataSchema = unsafe source.dataschema.text
    for index in 0..<(unsafe Int(clamping: source.extension_count)) {
      guard let attribute = unsafe source.extensions?[index] else { continue }
      unsafe extensions.append(Attribute(attribute.name.text, attribute.value.text))
    }
  }

  /// Lends the entry as an event, not numbered, while `body` runs.
  func withEvent<Result>(_ body: (UnsafeMutablePointer<dvt_event>) -> Result) -> Result {
    var bytes: [UInt8] = []
    func place(_ text: String) -> Range<Int> {
      let start = bytes.count
      bytes += text.utf8
      return start..<bytes.count
    }
    let texts = [id, source, type, subject, dataContentType, dataSchema].map(place)
    let attributes = extensions.map { (place($0.name), place($0.value)) }
    return unsafe bytes.withUnsafeBufferPointer { bytes in
      func text(_ range: Range<Int>) -> dvt_str {
        unsafe dvt_str(
          ptr: bytes.baseAddress.map { unsafe $0 + range.lowerBound }, len: UInt64(range.count))
      }
      let table = unsafe attributes.map { name, value in
        unsafe dvt_attribute(name: text(name), value: text(value))
      }
      return unsafe table.withUnsafeBufferPointer { table in
        unsafe withBytes(data) { data in
          var event = unsafe dvt_event()
          unsafe event.struct_size = UInt32(MemoryLayout<dvt_event>.size)
          unsafe event.abi_major = UInt16(DVT_ABI_MAJOR)
          unsafe event.abi_minor = UInt16(DVT_ABI_MINOR)
          unsafe event.time_ns = time
          unsafe event.id = text(texts[0])
          unsafe event.source = text(texts[1])
          unsafe event.type = text(texts[2])
          unsafe event.subject = text(texts[3])
          unsafe event.datacontenttype = text(texts[4])
          unsafe event.dataschema = text(texts[5])
          unsafe event.extensions = table.baseAddress
          unsafe event.extension_count = UInt64(table.count)
          unsafe event.data = data
          unsafe event.flags = isRedelivered ? DVT_EVENT_REDELIVERED : 0
          unsafe event.attempt = 1
          return unsafe body(&event)
        }
      }
    }
  }

  /// What says which event it is: its id, or where it has none its topic and number.
  var identity: String { id.isEmpty ? "\(type)#\(sequence)" : id }

  /// As an operator sees it.
  var report: EventReport {
    var report = EventReport(
      id: identity, source: source, type: type,
      payload: Payload(data, contentType: dataContentType))
    report.subject = subject.isEmpty ? nil : subject
    report.time = time == 0 ? nil : LogTime.rfc3339(time)
    report.dataschema = dataSchema.isEmpty ? nil : dataSchema
    if sequence > 0 { report.extensions["sequence"] = "\(sequence)" }
    for attribute in extensions { report.extensions[attribute.name] = attribute.value }
    return report
  }
}
