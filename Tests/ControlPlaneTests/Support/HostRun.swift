import ControlPlane
import Glibc
import HostSupport
import PluginHost
import TestSupport

/// A fake host carried through the life of this process.
final class HostRun: Sendable {
  let directory = TemporaryDirectory()
  let host: FakeHost
  private let notifySocket: String?

  var socket: String { directory.file("s") }

  init(_ host: FakeHost = FakeHost(), notifySocket: String? = nil) {
    self.host = host
    self.notifySocket = notifySocket
  }

  /// A host whose shutdown never ends.
  static var hanging: FakeHost { FakeHost(hangsAtShutDown: true) }

  /// Does something, on a thread of its own, as soon as the socket answers.
  func whenReady(_ body: @escaping @Sendable () -> Void) {
    let thread = try? Thread(name: "when-ready") { [self] in
      let deadline = Deadline.after(milliseconds: 10_000)
      while !deadline.hasPassed {
        if let client = try? RawClient(socket),
          client.ask(#"{"jsonrpc":"2.0","id":1,"method":"host.info"}"#) != nil
        {
          return body()
        }
        poll(nil, 0, 2)
      }
      exit(95)
    }
    thread?.detach()
  }

  /// Sends this process a hangup and waits until the host has read its configuration anew.
  func hangUp() {
    kill(getpid(), SIGHUP)
    let seen: Bool? = host.state.wait(until: .after(milliseconds: 10_000)) {
      $0.calls.contains("reloadConfiguration") ? true : nil
    }
    if seen == nil { exit(90) }
  }

  /// Runs the host to its end and exits with its status, after `check`.
  func carry(_ check: () -> Void = {}) -> Never {
    let options = RunOptions(name: "test", stateDirectory: directory.path, socket: socket)
    let host = host
    let process = HostProcess(
      options: options,
      backend: Backend(
        makeHost: { _, _ throws(OperationError) in host },
        inspect: { _, _ throws(OperationError) in throw OperationError(.failed, "not used") }),
      log: LogWriter(format: .json, level: .error),
      environment: notifySocket.map { ["NOTIFY_SOCKET": $0] } ?? [:])
    var code: ExitCode
    do {
      code = try process.run()
    } catch {
      code = error.exitCode
    }
    check()
    exit(code.rawValue)
  }
}
