public import PluginHost

extension Views {
  /// How a topic stands, then a line for each that gets its events, and for each that nearly does.
  public static func explanation(_ topic: TopicExplanation, _ style: Style) -> String {
    let receivers = topic.receivers.enumerated().map { index, party in
      "\(index + 1). \(name(of: party)) (\(delivery(of: party.subscription)), priority "
        + "\(party.subscription.priority)): \(party.why)"
    }
    let others = topic.others.map { "\(name(of: $0)) (\($0.subscription.pattern)): \($0.why)" }
    return standing(of: topic, style)
      + section("what sees it first:", topic.interceptors, nil, style)
      + (receivers.isEmpty ? "nobody gets it\n" : "")
      + section("who gets it, in this order:", receivers, nil, style)
      + section("who does not, but nearly:", others, .yellow, style)
      + section("routes:", topic.routes, nil, style)
  }

  private static func standing(of topic: TopicExplanation, _ style: Style) -> String {
    let name = style.paint(Printable.clean(topic.topic), .bold)
    guard let sequence = topic.sequence else {
      return "nobody has opened \(name) or published to it.\n"
    }
    let numbered = topic.isNumbered ? "its events are numbered" : "its events are not numbered now"
    let reached = sequence == 0 ? "is open" : "has come to number \(sequence)"
    return "\(name) \(reached); \(numbered).\n"
  }

  private static func name(of party: TopicExplanation.Party) -> String {
    "\(party.subscription.plugin)'s '\(party.subscription.name)'"
  }
}
