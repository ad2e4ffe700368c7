import Glibc
import HostSupport
import PluginHost
import TestSupport
import Testing

@testable import ControlPlane

@Suite struct SocketFileTests {
  private func mode(_ path: String) -> UInt32 {
    var status = stat()
    return unsafe stat(path, &status) == 0 ? status.st_mode & 0o777 : 0
  }

  private func failure(_ path: String) -> OperationError? {
    do {
      _ = try SocketFile(path)
      return nil
    } catch {
      return error
    }
  }

  @Test("makes the socket 0600 in a directory of 0700")
  func modes() throws {
    let directory = TemporaryDirectory()
    let file = try SocketFile(directory.file("new/s"))
    #expect(mode(directory.file("new")) == 0o700)
    #expect(mode(directory.file("new/s")) == 0o600)
    file.remove()
    #expect(mode(directory.file("new/s")) == 0)
  }

  @Test("replaces a socket that a killed host left behind")
  func stale() throws {
    let directory = TemporaryDirectory()
    let path = directory.file("s")
    do { _ = try LocalSocket.listen(path) }
    #expect(mode(path) == 0o600)
    let file = try SocketFile(path)
    _ = try LocalSocket.connect(path)
    file.remove()
  }

  @Test("refuses a socket that is served, and leaves it alone")
  func served() throws {
    let served = try Served()
    #expect(
      failure(served.server.path)
        == OperationError(
          .exists, "a host serves \(served.server.path) already",
          advice: "stop it, or choose another --name"))
    #expect(try served.client().ask(#"{"jsonrpc":"2.0","id":1,"method":"host.stop"}"#) != nil)
  }

  @Test("refuses a path where something else is, and leaves it alone")
  func otherFile() throws {
    let directory = TemporaryDirectory()
    let path = directory.file("s")
    try FileDescriptor.open(path, O_WRONLY | O_CREAT).write([1])
    #expect(
      failure(path)
        == OperationError(
          .refused, "\(path) is there and is no socket", advice: "choose another --socket PATH"))
    #expect(mode(path) == 0o600)
  }

  @Test("refuses a directory that others can write to")
  func unsafeFolder() throws {
    let directory = TemporaryDirectory()
    unsafe mkdir(directory.file("open"), 0o777)
    unsafe chmod(directory.file("open"), 0o777)
    #expect(failure(directory.file("open/s"))?.code == .refused)
    #expect(failure(directory.file("open/s"))?.advice == "chmod 700 \(directory.file("open"))")
    unsafe chmod(directory.file("open"), 0o1777)
    #expect(failure(directory.file("open/s")) == nil)
  }

  @Test("a missing parent is an error that names it")
  func missingParent() {
    let error = failure("/nonexistent/a/s")
    #expect(error?.code == .failed)
    #expect(
      error?.message == "the control socket's directory cannot be made: mkdir /nonexistent/a: "
        + "No such file or directory")
  }

  @Test("paths of any length work")
  func longPath() throws {
    let directory = TemporaryDirectory()
    let folder = directory.file(String(repeating: "long-", count: 40))
    let host = FakeHost()
    let server = try ControlServer(path: "\(folder)/control.sock", host: host)
    try server.start()
    let client = try ControlClient(socket: server.path)
    let plugins: [PluginReport] = try client.request("plugins.list", milliseconds: 5_000)
    #expect(plugins == [FakeHost.broken, FakeHost.hello])
    server.stop(deadline: .after(milliseconds: 1_000))
    #expect(mode(server.path) == 0)
  }

  @Test("only the host's own user and root may talk to it", arguments: [true, false])
  func peers(isOwn: Bool) throws {
    let served = try Served()
    let client = try served.client()
    let reason = PeerCredentials.refusal(
      of: client.channel.socket.raw, own: isOwn ? geteuid() : geteuid() + 1)
    guard geteuid() != 0, !isOwn else {
      #expect(reason == nil)
      return
    }
    #expect(
      reason == "user \(geteuid()) may not control a host of user \(geteuid() + 1): only that user "
        + "and root may")
  }
}
