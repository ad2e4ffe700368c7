import CDovetail
import PluginSDK
import Synchronization

/// How an event gets to a handler, and what becomes of a delivery that fails.
extension HostCore {
  /// Delivers a copy, as a host does from a queue.
  func deliver(_ delivery: Delivery) {
    let arena = Arena()
    var event = unsafe delivery.event.raw(arena)
    unsafe event.attempt = UInt32(delivery.attempt)
    unsafe deliver(delivery, &event)
    withExtendedLifetime(arena) {}
  }

  /// Delivers an event where it lies, to a handler that wants it.
  func deliver(_ delivery: Delivery, _ event: inout dvt_event) {
    let entry = delivery.entry
    guard let wishes = entry.wishes, wishes.conditions.allSatisfy({ $0.holds(for: delivery.event) })
    else { return }
    let clock = ContinuousClock()
    let start = clock.now
    let failure = unsafe call(entry) { error in
      guard unsafe wishes.wants?(entry.context, &event) != 0 else { return DVT_OK }
      return unsafe entry.onEvent?(entry.context, &event, error) ?? DVT_INVALID
    }
    let isLate = wishes.timeLimit > 0 && clock.now - start > .milliseconds(wishes.timeLimit)
    if let failure = isLate ? late(wishes) : failure {
      fail(delivery, wishes, failure, cause: isLate ? "timeout" : "failed")
    }
  }

  private func late(_ wishes: Wishes) -> PluginError {
    let error = PluginError(
      .timeout, "the handler ran past its time limit of \(wishes.timeLimit) ms", domain: "dovetail")
    state.withLock { $0.failures.append(error) }
    return error
  }

  /// Arranges the next attempt, or gives the event up.
  private func fail(_ failed: Delivery, _ wishes: Wishes, _ error: PluginError, cause: String) {
    guard !failed.event.type.hasPrefix("dead.") else { return }
    guard failed.attempt < wishes.retry.attempts else {
      return bury(failed, attempts: failed.attempt, error.description, cause: cause)
    }
    var next = failed
    next.attempt += 1
    state.withLock { state in
      next.due = state.clock + wishes.retry.pause(before: next.attempt)
      next.entry.isHolding = wishes.strictOrder
      state.retries.append(next)
    }
  }

  /// Tries a delivery again, with whoever has the subscription's name now.
  func redeliver(_ delivery: Delivery) {
    guard let entry = state.withLock({ $0.successor(of: delivery.entry) }) else {
      return bury(
        delivery, attempts: delivery.attempt - 1, "the subscription has ended",
        cause: "unsubscribed")
    }
    let isInside = state.withLock { state in
      delivery.entry.isHolding = false
      state.depth += 1
      return state.depth > 1
    }
    let next = Delivery(entry: entry, event: delivery.event, attempt: delivery.attempt)
    if isInside {
      state.withLock { $0.queue.insert(next, at: 0) }
    } else {
      deliver(next)
    }
    drain()
  }

  /// Tells of an event that was given up, where somebody listens.
  private func bury(_ dead: Delivery, attempts: Int, _ error: String, cause: String) {
    let topic = "dead.\(dead.event.type)"
    let letter = state.withLock { state -> Int? in
      guard !state.subscribers(of: topic).isEmpty else { return nil }
      state.deadLetters += 1
      return state.deadLetters
    }
    guard let letter else { return }
    let arena = Arena()
    var event = dead.event
    event.extensions += [
      ("deadletter", "\(letter)"), ("deadtopic", event.type),
      ("deadplugin", dead.entry.seat.plugin), ("deadsubscription", dead.entry.name),
      ("deadcause", cause), ("deadattempts", "\(attempts)"),
      ("deaderror", error),
    ]
    var raw = unsafe event.raw(arena)
    unsafe raw.type = unsafe arena.text(topic)
    for delivery in unsafe accept(&raw, topic) { unsafe deliver(delivery, &raw) }
    withExtendedLifetime(arena) {}
    drain()
  }
}

extension HostCore.State {
  /// The subscription itself, or after its end the one of its name in its plugin.
  fileprivate func successor(of entry: Entry) -> Entry? {
    guard entry.isDead else { return entry }
    return entries.values.first {
      $0.kind == .subscription && !entry.name.isEmpty && $0.name == entry.name
        && $0.seat.plugin == entry.seat.plugin
    }
  }
}

extension RetryPolicy {
  /// Milliseconds before an attempt, 2…, without jitter.
  fileprivate func pause(before attempt: Int) -> UInt64 {
    var pause = Double(initial)
    for _ in 2..<attempt where pause < Double(cap) { pause *= multiplier }
    return UInt64(min(pause, Double(cap)))
  }
}

extension Event {
  /// The whole event as the ABI has it.
  func raw(_ arena: Arena) -> dvt_event {
    var event = unsafe dvt_event.headed()
    unsafe event.type = unsafe arena.text(type)
    unsafe event.source = unsafe arena.text(source)
    unsafe event.id = unsafe arena.text(id)
    unsafe event.subject = unsafe arena.text(subject)
    unsafe event.datacontenttype = unsafe arena.text(contentType)
    unsafe event.dataschema = unsafe arena.text(dataSchema)
    unsafe event.time_ns = time
    unsafe event.sequence = sequence
    unsafe event.attempt = 1
    unsafe event.extensions = unsafe arena.attributes(extensions)
    unsafe event.extension_count = UInt64(extensions.count)
    unsafe event.data = unsafe arena.bytes(data)
    return unsafe event
  }
}
