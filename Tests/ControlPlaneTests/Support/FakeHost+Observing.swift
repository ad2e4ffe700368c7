import HostSupport
import PluginHost

extension FakeHost {
  static let plain: SubscriptionReport = {
    var one = SubscriptionReport(plugin: "hello", name: "demo.*#1", pattern: "demo.*")
    one.match = "glob"
    one.filters = ["subject prefix \"a\""]
    one.delivered = 42
    one.filtered = 3
    return one
  }()

  static let busy: SubscriptionReport = {
    var one = SubscriptionReport(plugin: "slow", name: "all", pattern: "demo.one")
    one.generation = 2
    one.delivery = "async"
    one.capacity = 8
    one.overflow = "drop-oldest"
    one.priority = -5
    one.retry.attempts = 4
    one.strictOrder = true
    one.timeoutMilliseconds = 250
    one.state = "suspended"
    (one.delivered, one.failed, one.retried, one.dropped, one.dead) = (10, 4, 3, 2, 1)
    one.handler = HandlerTimesReport(
      sampled: 9, meanNanoseconds: 1_500, medianNanoseconds: 1_024, p99Nanoseconds: 2_100_000,
      mostNanoseconds: 2_100_000,
      histogram: [HandlerTimesReport.Bucket(belowNanoseconds: 1_024, calls: 9)])
    (one.queued, one.highWater, one.oldestMilliseconds) = (6, 8, 1_500)
    return one
  }()

  func eventStats(plugin: String?, topic: String?) throws(OperationError) -> EventStatsReport {
    guard topic != "none" else { return EventStatsReport() }
    var demo = TopicReport(name: "demo.one")
    (demo.sequence, demo.handlers, demo.queued) = (17, 2, 6)
    (demo.published, demo.delivered, demo.failed, demo.dropped) = (20, 40, 4, 2)
    return EventStatsReport(
      topics: [demo], subscriptions: try subscriptions(plugin: plugin, topic: nil))
  }

  func eventTypes(topic: String?) throws(OperationError) -> [EventTypeReport] {
    let size: JSON = .object(["$ref": .string("#/$defs/size")])
    let all = [
      EventTypeReport(
        topic: "demo.*", summary: "a demonstration", contentType: "application/json",
        dataschema: "urn:demo",
        schema: .object([
          "type": .string("object"), "properties": .object(["size": size]),
          "$defs": .object(["size": .object(["type": .string("integer")])]),
        ]), plugin: "hello", enforced: "warn", violations: 2,
        subscribers: [.init(plugin: "slow", subscription: "all")]),
      EventTypeReport(topic: "demo.*", plugin: "the configuration"),
      EventTypeReport(topic: "log.>", contentType: "text/plain", plugin: "hello", enforced: "off"),
    ]
    return topic.map { topic in all.filter { $0.topic == topic } } ?? all
  }

  func explain(topic: String) throws(OperationError) -> TopicExplanation {
    var explanation = TopicExplanation(topic: topic)
    guard topic == "demo.one" else { return explanation }
    explanation.sequence = 17
    explanation.isNumbered = true
    explanation.receivers = [
      TopicExplanation.Party(FakeHost.plain, why: "its glob demo.* matches"),
      TopicExplanation.Party(FakeHost.busy, why: "it names the topic; queued"),
    ]
    explanation.others = [
      TopicExplanation.Party(FakeHost.plain, why: "has 'two' where the topic has 'one'")
    ]
    explanation.routes = ["copied to audit.demo"]
    return explanation
  }

  func subscriptions(
    plugin: String?, topic: String?
  ) throws(OperationError) -> [SubscriptionReport] {
    if plugin == "nobody" { throw FakeHost.missing("nobody") }
    return [FakeHost.plain, FakeHost.busy].filter { one in
      (plugin ?? one.plugin) == one.plugin && (topic ?? "demo.one") == "demo.one"
    }
  }
}
