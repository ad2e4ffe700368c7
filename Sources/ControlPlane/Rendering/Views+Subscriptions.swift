public import PluginHost

extension Views {
  /// A row for each subscription.
  public static func subscriptions(
    _ subscriptions: [SubscriptionReport], _ style: Style
  ) -> String {
    guard !subscriptions.isEmpty else { return "there are no such subscriptions\n" }
    var table = Table([
      ("PLUGIN", .left), ("NAME", .left), ("PATTERN", .left), ("DELIVERY", .left), ("PRIO", .right),
      ("STATE", .left), ("QUEUED", .right), ("DELIVERED", .right), ("FILTERED", .right),
      ("FAILED", .right), ("RETRIED", .right), ("DROPPED", .right), ("DEAD", .right),
      ("MORE", .left),
    ])
    for one in subscriptions {
      table.add([
        (one.plugin, nil), (one.name, nil), (one.pattern, nil), (delivery(of: one), nil),
        ("\(one.priority)", nil), (one.state, one.state == "active" ? .green : .yellow),
        (one.capacity == nil ? "-" : "\(one.queued)", nil), ("\(one.delivered)", nil),
        ("\(one.filtered)", nil), bad(one.failed), bad(one.retried), bad(one.dropped),
        bad(one.dead), (more(of: one), .dim),
      ])
    }
    return table.text(style)
  }

  /// How many, yellow where there are any.
  static func bad(_ count: UInt64) -> (String, Style.Paint?) {
    ("\(count)", count > 0 ? .yellow : nil)
  }

  static func delivery(of one: SubscriptionReport) -> String {
    guard let capacity = one.capacity, let overflow = one.overflow else { return one.delivery }
    return "\(one.delivery) \(capacity) \(overflow)"
  }

  /// Filters, retries and time limit, where there are any.
  static func more(of one: SubscriptionReport) -> String {
    var parts = one.filters.map { "if \($0)" }
    if one.hasCallback { parts.append("if its callback says so") }
    if one.retry.attempts > 1 {
      let order = one.strictOrder ? ", in order" : ""
      parts.append("up to \(one.retry.attempts) attempts\(order)")
    }
    if let limit = one.timeoutMilliseconds { parts.append("at most \(limit) ms") }
    return parts.joined(separator: "; ")
  }
}
