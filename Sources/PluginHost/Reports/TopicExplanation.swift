/// Who gets an event of a topic, and who nearly does.
public struct TopicExplanation: Codable, Sendable, Equatable {
  /// A subscription, and why it gets the event or does not.
  public struct Party: Codable, Sendable, Equatable {
    /// The subscription.
    public var subscription: SubscriptionReport
    /// The reason, in one line.
    public var why: String

    /// Gives a reason.
    public init(_ subscription: SubscriptionReport, why: String) {
      self.subscription = subscription
      self.why = why
    }
  }

  /// The topic.
  public var topic: String
  /// Number of its last event that was numbered; `nil` when nobody has opened the topic.
  public var sequence: UInt64?
  /// Whether its events are numbered now: somebody queues them.
  public var isNumbered = false
  /// Who gets an event, in this order.
  public var receivers: [Party] = []
  /// Who does not, but nearly.
  public var others: [Party] = []
  /// What sees an event before its receivers, in this order, a line each.
  public var interceptors: [String] = []
  /// Where copies of an event go, a line each.
  public var routes: [String] = []

  /// Begins with a topic that nobody has opened and nobody gets.
  public init(topic: String) {
    self.topic = topic
  }
}

extension TopicExplanation.Party {
  /// One that gets the event.
  init(receiving one: SubscriptionReport) {
    var why =
      one.match == "exact" ? "it names the topic" : "its \(one.match) \(one.pattern) matches"
    if one.priority != 0 { why += ", with priority \(one.priority)" }
    var conditions = one.filters
    if one.hasCallback { conditions.append("its callback says so") }
    if !conditions.isEmpty { why += "; only if \(conditions.joined(separator: " and "))" }
    if let capacity = one.capacity {
      why += "; through its queue, in which \(one.queued) of \(capacity) wait"
    }
    if one.state == "gated" { why += "; when the reload that holds its gate is done" }
    self.init(one, why: why)
  }

  /// One whose pattern matches, but that gets nothing now.
  init(waiting one: SubscriptionReport) {
    let why =
      switch one.state {
      case "suspended":
        "it is suspended: a call of its handler runs past its time limit of "
          + "\(one.timeoutMilliseconds ?? 0) ms, or has just done so; its events become dead letters "
          + "until a call is in time"
      case "shadow": "it takes effect when generation \(one.generation) commits"
      case "replaced": "a newer generation serves in its place, and may be rolled back"
      default: "it is \(one.state)"
      }
    self.init(one, why: why)
  }
}
