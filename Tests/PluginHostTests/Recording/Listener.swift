import CDovetail
import EventBus
import EventStore
import HostSupport

@testable import PluginHost

/// A subscription in this process that keeps what it receives.
final class Listener: Sendable {
  private let received = Monitor<[EventEntry]>([])
  let subscription: Subscription

  /// Subscribes; `handle` is called with each event before it is kept.
  init(
    _ host: Host, _ pattern: String, of plugin: String = "listener",
    delivery: SubscriptionOptions.Delivery = .sync,
    handle: @escaping @Sendable (EventEntry) -> Void = { _ in }
  ) throws {
    let received = received
    subscription = try host.core.bus.subscribe(
      Owner(name: plugin, generation: 1),
      SubscriptionOptions(pattern: try TopicPattern(pattern), delivery: delivery),
      handler: unsafe Handler { event in
        guard let event = unsafe event?.assumingMemoryBound(to: dvt_event.self) else { return 0 }
        let entry = unsafe EventEntry(event)
        handle(entry)
        received.update { $0.append(entry) }
        return 0
      })
  }

  var events: [EventEntry] { received.withLock { $0 } }

  /// Waits until so many have come.
  func wait(for count: Int) -> Bool {
    received.wait(until: .soon) { $0.count >= count ? true : nil } ?? false
  }
}

extension HostFixture {
  /// Waits until the recorder has written all that was published.
  func recorded(_ count: Int) throws -> [StoredRecord] {
    _ = wait { (host.recording.log?.status.newest ?? 0) >= UInt64(count) }
    guard let log = host.recording.log else { return [] }
    var records: [StoredRecord] = []
    var page = try log.read(from: 1)
    records += page.records
    while !page.isLast {
      page = try log.read(from: page.next)
      records += page.records
    }
    return records
  }

  /// Runs a replay to its end.
  func replay(_ request: ReplayRequest) throws -> ReplayProgress {
    let last = Monitor<ReplayProgress?>(nil)
    let cancellation = try host.replayEvents(request) { progress in
      last.update { $0 = progress }
    }
    defer { cancellation.cancel() }
    return last.wait(until: .soon) { progress in
      progress.flatMap { $0.isOver ? $0 : nil }
    } ?? ReplayProgress(from: 1, to: 0)
  }
}
