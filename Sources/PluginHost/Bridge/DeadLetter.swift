import CDovetail
import EventBus

/// An event that could not be delivered, on its way to `dead.<topic>`.
@safe struct DeadLetter {
  private let event: UnsafeMutableRawPointer
  private let cause: String

  /// Takes a borrowed event.
  init(event: UnsafeMutableRawPointer, cause: String) {
    unsafe self.event = unsafe event
    self.cause = cause
  }

  /// Publishes it with the extension attributes `deadcause` and `deadtopic` added to its own.
  ///
  /// - Returns: Whether there is such a topic: the name of the event's own may be too long for one.
  func publish(on bus: EventBus) -> Bool {
    var letter = unsafe event.assumingMemoryBound(to: dvt_event.self).pointee
    let topicName = unsafe letter.type.text
    guard let topic = try? bus.topic("dead.\(topicName)") else { return false }
    var attributes: [dvt_attribute] = unsafe []
    for index in 0..<(unsafe Int(letter.extension_count)) {
      if let attribute = unsafe letter.extensions?[index] { unsafe attributes.append(attribute) }
    }
    unsafe withText(cause) { cause in
      unsafe withText(topicName) { name in
        unsafe withText(topic.name) { type in
          unsafe withText("deadcause") { causeKey in
            unsafe withText("deadtopic") { topicKey in
              unsafe attributes.append(dvt_attribute(name: causeKey, value: cause))
              unsafe attributes.append(dvt_attribute(name: topicKey, value: name))
              unsafe attributes.withUnsafeBufferPointer { attributes in
                unsafe letter.type = type
                unsafe letter.sequence = 0
                unsafe letter.extensions = attributes.baseAddress
                unsafe letter.extension_count = UInt64(attributes.count)
                _ = unsafe topic.publish(&letter)
              }
            }
          }
        }
      }
    }
    return true
  }
}
