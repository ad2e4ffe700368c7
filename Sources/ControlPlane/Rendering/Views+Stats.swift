public import PluginHost

extension Views {
  /// A row for each topic, then one for each subscription.
  public static func stats(_ stats: EventStatsReport, _ style: Style) -> String {
    let tables = [topics(stats, style), figures(stats.subscriptions, style)]
      .filter { !$0.isEmpty }
    return tables.isEmpty
      ? "there are no such topics and subscriptions\n" : tables.joined(separator: "\n")
  }

  private static func topics(_ stats: EventStatsReport, _ style: Style) -> String {
    let topics = stats.topics
    guard !topics.isEmpty else { return "" }
    var table = Table([
      ("TOPIC", .left), ("HANDLERS", .right), ("PUBLISHED", .right), ("DELIVERED", .right),
      ("FAILED", .right), ("RETRIED", .right), ("DROPPED", .right), ("DEAD", .right),
      ("UNFIT", .right), ("QUEUED", .right), ("NUMBER", .right),
    ])
    for one in topics {
      table.add([
        (one.name, nil), ("\(one.handlers)", nil), ("\(one.published)", nil),
        ("\(one.delivered)", nil), bad(one.failed), bad(one.retried), bad(one.dropped),
        bad(one.dead), bad(one.violations), ("\(one.queued)", nil),
        (one.sequence == 0 ? "-" : "\(one.sequence)", nil),
      ])
    }
    let left = stats.topicsInAll - topics.count
    let rest = left > 0 ? style.paint("and \(left) less busy ones: see --topic", .dim) + "\n" : ""
    return table.text(style) + rest
  }

  private static func figures(_ subscriptions: [SubscriptionReport], _ style: Style) -> String {
    guard !subscriptions.isEmpty else { return "" }
    var table = Table([
      ("PLUGIN", .left), ("SUBSCRIPTION", .left), ("DELIVERED", .right), ("FAILED", .right),
      ("RETRIED", .right), ("DROPPED", .right), ("DEAD", .right), ("QUEUED", .right),
      ("MOST", .right), ("OLDEST", .right), ("MEDIAN", .right), ("P99", .right),
      ("LONGEST", .right),
    ])
    for one in subscriptions {
      let isAsync = one.capacity != nil
      table.add([
        (one.plugin, nil), (one.name, nil), ("\(one.delivered)", nil), bad(one.failed),
        bad(one.retried), bad(one.dropped), bad(one.dead), (isAsync ? "\(one.queued)" : "-", nil),
        (isAsync ? "\(one.highWater)" : "-", nil),
        (isAsync ? time(one.oldestMilliseconds * 1e6) : "-", nil),
        (one.handler.map { time(Double($0.medianNanoseconds)) } ?? "-", nil),
        (one.handler.map { time(Double($0.p99Nanoseconds)) } ?? "-", nil),
        (one.handler.map { time(Double($0.mostNanoseconds)) } ?? "-", nil),
      ])
    }
    return table.text(style)
  }

  /// Events that are missing, in one line.
  static func gap(_ gap: SequenceGaps.Gap, _ style: Style) -> String {
    let events =
      gap.from == gap.to
      ? "event \(gap.from) of \(gap.type) is missing"
      : "events \(gap.from) to \(gap.to) of \(gap.type) are missing"
    return style.paint(Printable.clean("-- \(events)"), .red) + "\n"
  }

  /// A short time in the largest unit that gives at least 1, such as "1.5 ms".
  static func time(_ nanoseconds: Double) -> String {
    switch nanoseconds {
    case ..<1e3: "\(decimal(nanoseconds, 0)) ns"
    case ..<1e6: "\(decimal(nanoseconds / 1e3, 1)) µs"
    case ..<1e9: "\(decimal(nanoseconds / 1e6, 1)) ms"
    default: "\(decimal(nanoseconds / 1e9, 1)) s"
    }
  }
}
