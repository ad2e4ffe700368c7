import HostSupport
import PluginHost
import TestSupport
import Testing

@testable import ControlPlane

@Suite struct ClientTests {
  private func failure<Result: Decodable & Sendable>(
    _ client: ControlClient, _ method: String, _ parameters: [String: JSON] = [:],
    milliseconds: Int = 5_000, as type: Result.Type
  ) -> ControlError? {
    do {
      let _: Result = try client.request(method, parameters, milliseconds: milliseconds)
      return nil
    } catch {
      return error
    }
  }

  @Test("results and errors of operations arrive as they were")
  func roundTrip() throws {
    let served = try Served()
    let client = try ControlClient(socket: served.server.path)
    let plugin: PluginReport = try client.request(
      "plugins.info", ["id": .string("hello")], milliseconds: 5_000)
    #expect(plugin == FakeHost.hello)
    #expect(
      failure(client, "plugins.info", ["id": .string("x")], as: PluginReport.self)
        == .operation(FakeHost.missing("x")))
    let graph: GraphReport = try client.request("plugins.graph", milliseconds: 5_000)
    #expect(try graph == served.host.graph())
  }

  @Test("a host that is silent is a timeout, a protocol error is named")
  func otherFailures() throws {
    let served = try Served()
    served.host.gate.update { $0 = false }
    let client = try ControlClient(socket: served.server.path)
    #expect(
      failure(
        client, "plugins.load", ["target": .string("a")], milliseconds: 20, as: JSON.self)
        == .timeout(method: "plugins.load", milliseconds: 20))
    served.host.gate.update { $0 = true }
    #expect(
      failure(client, "no.method", as: JSON.self)
        == .rejected(code: -32601, message: "there is no method \"no.method\""))
    #expect(
      failure(client, "plugins.list", as: HostReport.self)?.message.hasPrefix(
        "the host's answer is not what this version expects: ") == true)
  }

  @Test("a request over the limit is refused before it is sent")
  func tooLarge() throws {
    let served = try Served()
    let client = try ControlClient(socket: served.server.path)
    let text = String(repeating: "x", count: 8 << 20)
    let error = failure(
      client, "events.publish", ["type": .string("a"), "data": .string(text)], as: JSON.self)
    #expect(error?.description.hasSuffix("(8 MiB): send less data at a time") == true)
    #expect(served.host.calls == [])
  }

  @Test("a host that ends is named, and so is one that is not there")
  func ends() throws {
    let served = try Served()
    let client = try ControlClient(socket: served.server.path)
    served.server.stop(deadline: .after(milliseconds: 1_000))
    #expect(
      failure(client, "plugins.list", as: JSON.self)
        == .broken("the host ended the connection before it answered plugins.list"))
    #expect(
      throws: ControlError.noHost(socket: served.server.path, reason: "No such file or directory")
    ) { try ControlClient(socket: served.server.path) }
  }

  @Test("a refusal for too many clients reaches the client")
  func refusedConnection() throws {
    var limits = ControlLimits()
    limits.connections = 0
    let served = try Served(limits)
    let client = try ControlClient(socket: served.server.path)
    #expect(
      failure(client, "plugins.list", as: JSON.self)
        == .rejected(code: -32021, message: "the host serves 0 clients already: try again later"))
  }
}
