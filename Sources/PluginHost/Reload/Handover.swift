import EventBus
import HostSupport
import MetadataStore

/// The moment in which one generation takes another's place: subscriptions, services, timers and watches, matched by name.
struct Handover {
  let core: HostCore
  let events: HostEvents

  /// Makes `new` serve in `old`'s place. Both are at rest, behind closed gates.
  ///
  /// - Parameters:
  ///   - old: Kept suspended, for a way back.
  ///   - new: In the shadow, or suspended.
  ///   - recorder: Records what `new` receives.
  func run(
    from old: Generation, to new: Generation, recorder: ProbationLog?
  ) {
    finish(begin(from: old, to: new, recorder: recorder), from: old, to: new)
  }

  /// The first half: `new` is found where `old` was, behind its closed gate. Do it for a whole closure before the first
  /// `finish`, so that nothing inside it meets a member that has ended.
  func begin(
    from old: Generation, to new: Generation, recorder: ProbationLog?
  ) -> EventBus.Exchange {
    let (from, to) = (old.instance, new.instance)
    to.setMode(to.mode == .shadow ? .releasing : .open)
    for watch in from.watches { _ = watch.suspend(until: .after(milliseconds: 1000)) }
    core.services.handOver(from: from.owner, to: to.owner)
    core.responders.handOver(from: from.owner, to: to.owner)
    core.installValidators()
    core.bus.openGates(of: [from.judging], callables: [])
    core.timers.handOver(from: from.owner, to: to.owner)
    core.bus.openGates(of: [], callables: [to.figures])
    return core.bus.exchange(from.owner, for: to.owner, recorder: recorder)
  }

  /// The second half: `new` receives what was recorded and what waits, and its gate opens.
  ///
  /// - Parameters:
  ///   - exchange: Of the first half.
  ///   - old: As before.
  ///   - new: As before.
  ///   - replaying: What `old` received and `new` has not: delivered to it first, marked as redelivered.
  func finish(
    _ exchange: EventBus.Exchange, from old: Generation, to new: Generation,
    replaying: ProbationLog? = nil
  ) {
    let (from, to) = (old.instance, new.instance)
    let orphaned = core.bus.complete(exchange, replaying: replaying)
    for watch in to.watches {
      resume(watch, of: to, after: from.watches.first { $0.name == watch.name }?.position)
    }
    for (subscription, events) in orphaned where events > 0 {
      core.losses.note(.eventOrphaned, to.id, count: events)
      core.log.log(
        .warning, to.id,
        "\(events) queued events of subscription '\(subscription)' have no successor; "
          + "'dovetail events dead list' shows them")
    }
  }

  /// Publishes what a generation said before it was committed, in order, and lets it publish directly from then on.
  func releaseHeld(of instance: PluginInstance) {
    while !instance.endHolding() {
      for held in instance.takeHeld() {
        _ = try? core.bus.withTopic(held.topic) { topic in unsafe topic.publish(held.event) }
        unsafe core.bus.layout.release(held.event)
      }
    }
  }

  private func resume(
    _ watch: PluginWatch, of plugin: PluginInstance, after position: WatchPosition?
  ) {
    do throws(MetadataError) {
      do throws(MetadataError) {
        try watch.start(after: position)
      } catch .resyncNeeded {
        try watch.startAnew()
      }
    } catch {
      core.log.log(.warning, plugin.id, "watch \(watch.name) could not go on: \(error)")
    }
  }
}
