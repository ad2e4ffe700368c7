import EventBus
import HostSupport
import Synchronization

/// Circuit breakers, bulkheads and rate limits of services.
extension Host {
  /// Has what a configuration says of calls hold from now on.
  func setServicePolicies(_ configuration: HostConfiguration) {
    var preset = CallPolicy()
    preset.breaker = configuration.calls.breakerPolicy
    preset.failures = configuration.calls.policy().failures
    guard configuration.hasServicePolicies else {
      return core.services.setPolicies(preset: preset, nil)
    }
    core.services.setPolicies(preset: preset) { configuration.policy(for: $0) }
  }

  /// Has plugins publish as often as a configuration says from now on.
  func setLimits(_ configuration: HostConfiguration) {
    core.publishLimits.withLock { $0 = configuration.limits }
  }

  /// Has generations that serve follow the present limits. Control thread only.
  func followLimits() {
    for instance in table.all.compactMap(\.current?.instance) where instance.mode == .open {
      instance.setMode(.open)
    }
  }

  /// Tells of changes of breakers, in events and in the log.
  func watchBreakers() {
    let (log, events) = (core.log, events)
    core.services.guards.onChange { breaker in
      let text = BreakerText(breaker)
      let name = breaker.name
      switch breaker.state {
      case .closed:
        log.log(.info, name.provider, "the circuit breaker of '\(name)' is closed")
        events.publish("breaker.closed", subject: "\(name)", Self.members(of: breaker))
      case .halfOpen:
        log.log(.info, name.provider, "the circuit breaker of '\(name)' is half-open")
        events.publish("breaker.half_open", subject: "\(name)", Self.members(of: breaker))
      case .open:
        let reason = text.reason ?? ""
        log.log(
          .warning, name.provider,
          "the circuit breaker of '\(name)' is open: \(reason); 'dovetail breakers show \(name)' tells more"
        )
        events.publish(
          "breaker.opened", subject: "\(name)",
          [
            "service": .string(name.service), "provider": .string(name.provider),
            "caller": .string(name.caller), "label": .string(name.label),
            "change": .int(Int64(clamping: breaker.era)), "reason": .string(reason),
            "probes_in_ms": text.probesIn.map { .int(Int64(clamping: $0)) } ?? .int(-1),
          ])
      }
    }
  }

  private static func members(of breaker: Breaker.Snapshot) -> KeyValuePairs<String, JSON> {
    [
      "service": .string(breaker.name.service), "provider": .string(breaker.name.provider),
      "caller": .string(breaker.name.caller), "label": .string(breaker.name.label),
      "change": .int(Int64(clamping: breaker.era)),
    ]
  }

  /// Circuit breakers, by name.
  ///
  /// - Parameter choice: Which ones.
  /// - Returns: How they are now.
  /// - Throws: `notFound` when there is none of a name.
  public func breakers(_ choice: BreakerChoice) throws(OperationError) -> [BreakerReport] {
    try chosen(choice).map { BreakerReport($0.snapshot) }
  }

  /// Opens, closes or resets circuit breakers.
  ///
  /// - Parameters:
  ///   - choice: Which ones.
  ///   - operation: What to do.
  /// - Returns: How they are then.
  /// - Throws: `notFound` when there is none of a name.
  public func change(
    breakers choice: BreakerChoice, _ operation: BreakerOperation
  ) throws(OperationError) -> [BreakerReport] {
    let breakers = try chosen(choice)
    for breaker in breakers {
      switch operation {
      case .open: breaker.open()
      case .close: breaker.close()
      case .reset: breaker.reset()
      }
    }
    return breakers.map { BreakerReport($0.snapshot) }
  }

  private func chosen(_ choice: BreakerChoice) throws(OperationError) -> [Breaker] {
    let all = core.services.guards.breakers
    switch choice {
    case .all: return all
    case .provider(let id): return all.filter { $0.name.provider == id }
    case .name(let name):
      let found = all.filter { "\($0.name)" == name }
      guard found.isEmpty else { return found }
      let names = Array(Set(all.map { "\($0.name)" })).sorted()
      throw OperationError(
        .notFound, "there is no circuit breaker '\(name)'\(Spelling.hint(for: name, in: names))",
        advice: names.isEmpty
          ? "give services one: \"services\": {\"\(name.prefix { $0 != "@" })\": {\"breaker\": {}}} in the configuration"
          : "'dovetail breakers' lists those there are; one that each caller has of its own begins with its first call"
      )
    }
  }
}
