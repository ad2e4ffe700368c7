import CDovetail
import EventBus

/// Tells of a dead letter on `dead.<topic>`: the event itself, with extension attributes that say what became of it.
@safe struct DeadLetterEvent {
  private let letter: DeadLetter
  private let event: UnsafeMutableRawPointer

  /// Takes a letter and its borrowed event.
  init(_ letter: DeadLetter, _ event: UnsafeMutableRawPointer) {
    self.letter = letter
    unsafe self.event = unsafe event
  }

  /// Publishes it where somebody listens.
  func publish(on bus: EventBus) {
    let name = "dead.\(letter.topic)"
    guard bus.isHeard(name) else { return }
    let texts = attributes.map { (EternalText($0), EternalText($1)) }
    defer { for (name, value) in texts { name.free(); value.free() } }
    var dead = unsafe event.assumingMemoryBound(to: dvt_event.self).pointee
    var all: [dvt_attribute] = unsafe []
    for index in 0..<(unsafe Int(dead.extension_count)) {
      if let attribute = unsafe dead.extensions?[index] { unsafe all.append(attribute) }
    }
    for (name, value) in texts {
      unsafe all.append(dvt_attribute(name: name.value, value: value.value))
    }
    unsafe withText(name) { type in
      unsafe all.withUnsafeBufferPointer { all in
        unsafe dead.type = type
        unsafe dead.sequence = 0
        unsafe dead.attempt = 1
        unsafe dead.extensions = all.baseAddress
        unsafe dead.extension_count = UInt64(all.count)
        _ = try? bus.withTopic(name) { topic in unsafe topic.publish(&dead) }
      }
    }
  }

  private var attributes: [(String, String)] {
    [
      ("deadletter", "\(letter.id)"), ("deadtopic", letter.topic), ("deadplugin", letter.plugin),
      ("deadsubscription", letter.subscription), ("deadcause", letter.cause.rawValue),
      ("deadattempts", "\(letter.attempts)"), ("deaderror", letter.error),
    ]
  }
}
