import HostSupport
import Synchronization

/// The latest events that the host itself published, for `dovetail events` without `--follow`.
final class RecentEvents: Sendable {
  /// An event as it was kept: those that nobody heard become reports only when somebody asks.
  private enum Kept: Sendable {
    indirect case report(EventReport)
    case unheard(type: String, subject: String, data: KeyValuePairs<String, JSON>, time: Int64)

    var type: String {
      switch self {
      case .report(let report): report.type
      case .unheard(let type, _, _, _): type
      }
    }

    var report: EventReport {
      switch self {
      case .report(let report): return report
      case .unheard(let type, let subject, let data, let time):
        var report = EventReport(
          id: "\(type)#\(time)", source: "dovetail", type: type,
          payload: Payload(HostEvents.bytes(of: data), contentType: "application/json"))
        report.subject = subject.isEmpty ? nil : subject
        report.time = LogTime.rfc3339(time)
        return report
      }
    }
  }

  private static let most = 1000
  private static let largest = 64 << 10
  /// A ring: the oldest stands at `next` once it is full.
  private struct Ring {
    var events: [Kept] = []
    var next = 0
  }

  private let ring = Mutex(Ring())

  /// Keeps an event with at most 64 KiB of data; the oldest give way.
  func keep(_ event: EventReport) {
    guard event.payload.bytes.count <= Self.largest else { return }
    keep(.report(event))
  }

  /// Keeps an event of the host's own that had no handlers.
  func keep(_ type: String, subject: String, _ data: KeyValuePairs<String, JSON>) {
    keep(.unheard(type: type, subject: subject, data: data, time: LogTime.now()))
  }

  private func keep(_ event: Kept) {
    ring.withLock { ring in
      guard ring.events.count == Self.most else { return ring.events.append(event) }
      ring.events[ring.next] = event
      ring.next = (ring.next + 1) % Self.most
    }
  }

  /// The latest that match, oldest first.
  func latest(_ limit: Int, where matches: (String) -> Bool) -> [EventReport] {
    let kept = ring.withLock { $0.events[$0.next...] + $0.events[..<$0.next] }
    return kept.filter { matches($0.type) }.suffix(max(0, limit)).map(\.report)
  }
}
