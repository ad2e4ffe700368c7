import EventBus

extension TopicReport {
  /// A topic as an operator sees it, but for what waits.
  init(_ topic: Topic, handlers: Int) {
    self.init(name: topic.name)
    sequence = topic.sequence
    self.handlers = handlers
    published = topic.published
    delivered = topic.delivered
    failed = topic.failed
    retried = topic.retried
    dropped = topic.dropped
    dead = topic.dead
    violations = topic.violations
  }
}

extension HandlerTimesReport {
  /// `nil` when nothing was sampled.
  init?(_ sample: TimeSample) {
    guard sample.count > 0 else { return nil }
    self.init(
      sampled: sample.count, meanNanoseconds: Double(sample.sum) / Double(sample.count),
      medianNanoseconds: sample.quantile(0.5), p99Nanoseconds: sample.quantile(0.99),
      mostNanoseconds: sample.most,
      histogram: sample.buckets.enumerated().filter { $0.element > 0 }.map {
        Bucket(belowNanoseconds: 1 << UInt64($0.offset), calls: $0.element)
      })
  }
}
