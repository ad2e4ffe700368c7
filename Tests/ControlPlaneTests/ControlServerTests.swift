import HostSupport
import PluginHost
import TestSupport
import Testing

@testable import ControlPlane

@Suite struct ControlServerTests {
  @Test(
    "answers every malformed request with the exact error",
    arguments: [
      (
        "[1", #"{"error":{"code":-32700,"message":"not valid JSON: "#
      ),
      (
        "5",
        #"{"error":{"code":-32600,"message":"a request is a JSON object"},"id":null,"jsonrpc":"2.0"}"#
      ),
      (
        "[]",
        #"{"error":{"code":-32600,"message":"batches are not served: send one request a line"},"#
          + #""id":null,"jsonrpc":"2.0"}"#
      ),
      (
        #"{"id":1,"method":"plugins.list"}"#,
        #"{"error":{"code":-32600,"message":"\"jsonrpc\" must be \"2.0\""},"id":1,"jsonrpc":"2.0"}"#
      ),
      (
        #"{"jsonrpc":"2.0","id":{},"method":"plugins.list"}"#,
        #"{"error":{"code":-32600,"message":"\"id\" must be a string, an integer or null"},"#
          + #""id":null,"jsonrpc":"2.0"}"#
      ),
      (
        #"{"jsonrpc":"2.0","id":"a","method":7}"#,
        #"{"error":{"code":-32600,"message":"\"method\" must be a string"},"id":"a","jsonrpc":"2.0"}"#
      ),
      (
        #"{"jsonrpc":"2.0","id":1,"method":"plugin.list"}"#,
        #"{"error":{"code":-32601,"message":"there is no method \"plugin.list\": did you mean "#
          + #"\"plugins.list\"?"},"id":1,"jsonrpc":"2.0"}"#
      ),
      (
        #"{"jsonrpc":"2.0","id":1,"method":"plugins.info","params":[1]}"#,
        #"{"error":{"code":-32602,"message":"\"params\" must be an object of named members"},"#
          + #""id":1,"jsonrpc":"2.0"}"#
      ),
      (
        #"{"jsonrpc":"2.0","id":1,"method":"plugins.info"}"#,
        #"{"error":{"code":-32602,"message":"\"id\" is missing"},"id":1,"jsonrpc":"2.0"}"#
      ),
      (
        #"{"jsonrpc":"2.0","id":1,"method":"plugins.info","params":{"id":5}}"#,
        #"{"error":{"code":-32602,"message":"\"id\" must be a string"},"id":1,"jsonrpc":"2.0"}"#
      ),
      (
        #"{"jsonrpc":"2.0","id":1,"method":"plugins.info","params":{"id":"a","di":1}}"#,
        #"{"error":{"code":-32602,"message":"\"di\" is not a parameter of plugins.info"},"#
          + #""id":1,"jsonrpc":"2.0"}"#
      ),
      (
        #"{"jsonrpc":"2.0","id":1,"method":"plugins.load","params":{"target":"a","timeoutMs":0}}"#,
        #"{"error":{"code":-32602,"message":"\"timeoutMs\" must be an integer from 1 to 600000"},"#
          + #""id":1,"jsonrpc":"2.0"}"#
      ),
      (
        #"{"jsonrpc":"2.0","id":1,"method":"events.publish","params":{"type":"a","data_base64":"*"}}"#,
        #"{"error":{"code":-32602,"message":"the data cannot be read: \"data_base64\": "#
          + #"data_base64 is not base64"},"id":1,"jsonrpc":"2.0"}"#
      ),
      (
        #"{"jsonrpc":"2.0","id":1,"method":"plugins.info","params":{"id":"nobody"}}"#,
        #"{"error":{"code":-32001,"data":{"advice":"see `dovetail list`","code":"not-found","#
          + #""plugin":"nobody"},"message":"there is no plugin \"nobody\""},"id":1,"jsonrpc":"2.0"}"#
      ),
    ])
  func malformed(request: String, reply: String) throws {
    let served = try Served()
    let client = try served.client()
    let answer = try #require(client.ask(request))
    #expect(answer.hasPrefix(reply))
    // The connection is still of use.
    #expect(client.ask(#"{"jsonrpc":"2.0","id":2,"method":"host.stop"}"#) == okay(2))
  }

  @Test("garbage bytes, NULs and deep nesting get a parse error and harm nobody")
  func garbage() throws {
    let served = try Served()
    let client = try served.client()
    for text in ["\u{0}\u{1}", String(repeating: "[", count: 100_000), "\r", "é{"] {
      let answer = try #require(client.ask(text))
      #expect(answer.contains("\"code\":-32700"))
    }
    #expect(served.host.losses == [.requestRefused: 4])
    #expect(client.ask(#"{"jsonrpc":"2.0","id":1,"method":"host.stop"}"#) == okay(1))
  }

  @Test("a request in many pieces, and many requests in one piece, are the same to it")
  func pieces() throws {
    let served = try Served()
    let client = try served.client()
    let request = #"{"jsonrpc":"2.0","id":1,"method":"host.stop"}"# + "\n"
    for character in request { client.send(String(character)) }
    #expect(client.line() == okay(1))
    client.send(String(repeating: request, count: 50))
    for _ in 0..<50 { #expect(client.line() == okay(1)) }
  }

  @Test("a notification is carried out and not answered")
  func notification() throws {
    let served = try Served()
    let client = try served.client()
    client.send(#"{"jsonrpc":"2.0","method":"plugins.list"}"# + "\n")
    client.send(#"{"jsonrpc":"2.0","method":"no.such"}"# + "\n")
    #expect(
      client.ask(#"{"jsonrpc":"2.0","id":null,"method":"host.stop"}"#)?.contains("null") == true)
    #expect(served.host.calls == ["list", "stop"])
  }

  @Test("a request over the limit is refused and ends its connection")
  func oversize() throws {
    let served = try Served()
    let client = try served.client()
    client.send(String(repeating: "x", count: (8 << 20) + 1))
    #expect(
      client.line()
        == #"{"error":{"code":-32020,"message":"a request has at most 8388608 bytes"},"#
        + #""id":null,"jsonrpc":"2.0"}"#)
    #expect(client.line() == nil)
    #expect(try served.client().ask(#"{"jsonrpc":"2.0","id":1,"method":"host.stop"}"#) == okay(1))
  }

  @Test("an idle connection and a half request are ended in time", arguments: ["", "{\"json"])
  func idle(sent: String) throws {
    var limits = ControlLimits()
    limits.idleMilliseconds = 50
    let served = try Served(limits)
    let client = try served.client()
    client.send(sent)
    let reason = sent.isEmpty ? "no request came" : "the request did not end"
    #expect(client.line()?.contains("\(reason) within 0 s") == true)
    #expect(client.line() == nil)
    #expect(served.eventually { served.server.isIdle })
  }

  @Test("a client that says half a request and leaves is forgotten")
  func halfOpen() throws {
    let served = try Served()
    do {
      let client = try served.client()
      client.send("{\"jsonrpc\":")
      #expect(served.eventually { !served.server.isIdle })
    }
    #expect(served.eventually { served.server.isIdle })
  }

  @Test("one client's long operation does not hold up another")
  func twoClients() throws {
    let served = try Served()
    served.host.gate.update { $0 = false }
    let slow = try served.client()
    slow.send(
      #"{"jsonrpc":"2.0","id":1,"method":"plugins.load","params":{"target":"hello"}}"# + "\n")
    #expect(served.eventually { served.host.calls == ["load hello"] })
    #expect(try served.client().ask(#"{"jsonrpc":"2.0","id":2,"method":"host.stop"}"#) == okay(2))
    served.host.gate.update { $0 = true }
    #expect(slow.line()?.contains(#""action":"loaded""#) == true)
  }

  @Test("a connection over the limit is told so")
  func tooMany() throws {
    var limits = ControlLimits()
    limits.connections = 1
    let served = try Served(limits)
    let first = try served.client()
    #expect(first.ask(#"{"jsonrpc":"2.0","id":1,"method":"host.stop"}"#) == okay(1))
    let second = try served.client()
    #expect(
      second.line()
        == #"{"error":{"code":-32021,"message":"the host serves 1 clients already: try again "#
        + #"later"},"id":null,"jsonrpc":"2.0"}"#)
    #expect(second.line() == nil)
  }

  @Test("stopping lets a running request finish and answer")
  func stopDuringRequest() throws {
    let served = try Served()
    served.host.gate.update { $0 = false }
    let client = try served.client()
    client.send(
      #"{"jsonrpc":"2.0","id":1,"method":"plugins.load","params":{"target":"hello"}}"# + "\n")
    #expect(served.eventually { served.host.calls == ["load hello"] })
    let stopped = Monitor(false)
    let stopper = try Thread(name: "stopper") {
      served.server.stop(deadline: .after(milliseconds: 10_000))
      stopped.update { $0 = true }
    }
    #expect(served.eventually { !served.hasSocketFile })
    #expect(stopped.withLock { $0 } == false)
    served.host.gate.update { $0 = true }
    #expect(client.line()?.contains(#""action":"loaded""#) == true)
    stopper.join()
    #expect(client.line() == nil)
  }

  @Test("stopping cuts a request that outlasts the deadline")
  func stopCutsLate() throws {
    let served = try Served()
    served.host.gate.update { $0 = false }
    let client = try served.client()
    client.send(
      #"{"jsonrpc":"2.0","id":1,"method":"plugins.load","params":{"target":"hello"}}"# + "\n")
    #expect(served.eventually { served.host.calls == ["load hello"] })
    served.server.stop(deadline: .after(milliseconds: 20))
    #expect(client.line() == nil)
    served.host.gate.update { $0 = true }
    #expect(served.eventually { served.server.isIdle })
  }

  private func okay(_ id: Int) -> String { #"{"id":\#(id),"jsonrpc":"2.0","result":{}}"# }
}
