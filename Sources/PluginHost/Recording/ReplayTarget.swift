import EventBus

/// Where replayed events go to.
enum ReplayTarget: Sendable, Equatable {
  /// To the topics that they were recorded from.
  case own
  /// To one topic.
  case topic(String)
  /// To topics that begin with a prefix and a dot.
  case prefix(String)

  /// Reads `nil`, a topic, or `prefix.>`.
  ///
  /// - Throws: `BusError.invalid`.
  init(_ text: String?) throws(BusError) {
    guard let text else {
      self = .own
      return
    }
    let prefix = text.hasSuffix(".>") ? String(text.dropLast(2)) : nil
    if let problem = TopicName.problem(in: prefix ?? text) {
      throw .invalid("\(problem); name a topic, or 'prefix.>' to put a prefix before each topic")
    }
    self = prefix.map { .prefix($0) } ?? .topic(text)
  }

  /// The topic for an event of a topic; it may be too long for one.
  func topic(for topic: String) -> String {
    switch self {
    case .own: topic
    case .topic(let other): other
    case .prefix(let prefix): "\(prefix).\(topic)"
    }
  }
}
