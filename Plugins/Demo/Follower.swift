import ControlPlane
import HostSupport

/// Events of the host that a thread of its own collects.
final class Follower: Sendable {
  /// An event as far as the story needs it.
  struct Seen: Sendable {
    let type: String
    let subject: String
    let data: JSON
  }

  private let seen = Monitor([Seen]())

  /// Follows a pattern until the host ends.
  init(_ socket: String, _ pattern: String) throws(DemoError) {
    let ready = Monitor(Result<Bool, DemoError>.success(false))
    do throws(SystemError) {
      try Thread(name: "follower") { [seen] in
        do throws(ControlError) {
          let client = try ControlClient(socket: socket)
          let _: JSON = try client.request(
            "events.follow", ["pattern": .string(pattern)], milliseconds: 10_000)
          ready.update { $0 = .success(true) }
          while let next = try client.nextNotification(until: .never) {
            guard let event = next.parameters["event"], let type = event["type"]?.string else {
              continue
            }
            let subject = event["subject"]?.string ?? ""
            seen.update {
              $0.append(Seen(type: type, subject: subject, data: event["data"] ?? .null))
            }
          }
        } catch {
          let failure = DemoError("the host's events cannot be followed: \(error)")
          ready.update { $0 = .failure(failure) }
        }
      }.detach()
    } catch {
      throw DemoError("\(error)")
    }
    let outcome = ready.wait(until: .after(milliseconds: 10_000)) { state in
      if case .success(false) = state { return Result<Bool, DemoError>?.none }
      return state
    }
    guard let outcome else { throw DemoError("the host did not answer within 10 s") }
    _ = try outcome.get()
  }

  /// The first event that fits, of those that came so far.
  func first(_ type: String, subject: String? = nil) -> Seen? {
    seen.withLock { seen in
      seen.first { $0.type == type && (subject == nil || $0.subject == subject) }
    }
  }
}
