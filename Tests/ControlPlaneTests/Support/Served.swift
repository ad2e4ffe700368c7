import ControlPlane
import Glibc
import HostSupport
import TestSupport

/// A fake host behind a real socket in a fresh directory.
final class Served: Sendable {
  let directory = TemporaryDirectory()
  let host = FakeHost()
  let server: ControlServer

  init(_ limits: ControlLimits = ControlLimits()) throws {
    server = try ControlServer(path: directory.file("s"), host: host, limits: limits)
    try server.start()
  }

  func client() throws -> RawClient { try RawClient(server.path) }

  var hasSocketFile: Bool { unsafe access(server.path, F_OK) == 0 }

  /// Waits for a condition, with a deadline of 10 s.
  func eventually(_ condition: () -> Bool) -> Bool {
    let deadline = Deadline.after(milliseconds: 10_000)
    while !deadline.hasPassed {
      if condition() { return true }
      pause()
    }
    return condition()
  }

  private func pause() {
    let never: Bool? = Monitor(0).wait(until: .after(milliseconds: 2)) { _ in nil }
    _ = never
  }

  deinit { server.stop(deadline: .after(milliseconds: 1_000)) }
}
