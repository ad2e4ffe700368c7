import HostSupport
import PluginHost
import Testing

@testable import ControlPlane

@Suite struct StreamTests {
  private let follow =
    #"{"jsonrpc":"2.0","id":1,"method":"events.follow","params":{"pattern":">"}}"#

  @Test("a follower gets its reply first, then every event in order as CloudEvents")
  func events() throws {
    let served = try Served()
    let client = try served.client()
    #expect(client.ask(follow) == #"{"id":1,"jsonrpc":"2.0","result":{}}"#)
    for number in 1...3 {
      served.host.emit(EventReport(id: "\(number)", source: "hello", type: "demo.one"))
    }
    for number in 1...3 {
      #expect(
        client.line()
          == #"{"jsonrpc":"2.0","method":"events.event","params":{"event":{"id":"\#(number)","#
          + #""source":"hello","specversion":"1.0","type":"demo.one"}}}"#)
    }
  }

  @Test("a follower may ask other things meanwhile, but not follow twice")
  func requestsMeanwhile() throws {
    let served = try Served()
    let client = try served.client()
    _ = client.ask(follow)
    #expect(
      client.ask(follow)
        == #"{"error":{"code":-32600,"message":"this connection follows something already: open "#
        + #"another one"},"id":1,"jsonrpc":"2.0"}"#)
    #expect(
      client.ask(#"{"jsonrpc":"2.0","id":2,"method":"host.stop"}"#)
        == #"{"id":2,"jsonrpc":"2.0","result":{}}"#)
  }

  @Test("the tap ends with its connection")
  func tapEnds() throws {
    let served = try Served()
    do {
      let client = try served.client()
      _ = client.ask(follow)
      #expect(served.host.tapCount == 1)
    }
    #expect(served.eventually { served.host.tapCount == 0 && served.server.isIdle })
  }

  @Test("a tap that the host refuses is an error, and the connection goes on")
  func refusedTap() throws {
    let served = try Served()
    let client = try served.client()
    let bad =
      #"{"jsonrpc":"2.0","id":1,"method":"events.follow","params":{"pattern":"bad pattern"}}"#
    #expect(
      client.ask(bad)
        == #"{"error":{"code":-32008,"data":{"code":"invalid"},"message":"not a pattern"},"#
        + #""id":1,"jsonrpc":"2.0"}"#)
    #expect(client.ask(follow) == #"{"id":1,"jsonrpc":"2.0","result":{}}"#)
  }

  @Test("stopping the server ends a follower at once")
  func stopEndsFollower() throws {
    let served = try Served()
    let client = try served.client()
    _ = client.ask(follow)
    served.server.stop(deadline: .after(milliseconds: 10_000))
    #expect(client.line() == nil)
    #expect(served.host.tapCount == 0)
  }

  @Test("what a slow follower misses is counted, and nobody waits for it")
  func slowFollower() throws {
    var limits = ControlLimits()
    limits.queuedNotifications = 8
    let served = try Served(limits)
    let client = try served.client()
    _ = client.ask(follow)
    var event = EventReport(id: "x", source: "hello", type: "demo.big")
    event.payload = Payload([UInt8](repeating: 65, count: 200_000), contentType: "text/plain")
    for _ in 0..<100 { served.host.emit(event) }
    var seen = 0
    var lost = 0
    while seen + lost < 100, let line = client.line() {
      let message = try JSON(parsing: Array(line.utf8))
      if message["method"]?.string == "stream.lost" {
        lost += Int(message["params"]?["count"]?.int ?? 0)
      } else {
        seen += 1
      }
    }
    #expect(seen + lost == 100)
    #expect(lost > 0)
    #expect(served.host.losses == [.followerTooSlow: lost])
  }

  @Test("a follower that never reads is dropped after the write limit")
  func deadFollower() throws {
    var limits = ControlLimits()
    limits.writeMilliseconds = 50
    let served = try Served(limits)
    let client = try served.client()
    _ = client.ask(follow)
    var event = EventReport(id: "x", source: "hello", type: "demo.big")
    event.payload = Payload([UInt8](repeating: 65, count: 2_000_000), contentType: "text/plain")
    for _ in 0..<4 { served.host.emit(event) }
    #expect(served.eventually { served.host.tapCount == 0 && served.server.isIdle })
  }

  @Test("changes of records are notified")
  func records() throws {
    let served = try Served()
    let client = try served.client()
    _ = client.ask(#"{"jsonrpc":"2.0","id":1,"method":"meta.watch","params":{"collection":"c"}}"#)
    served.host.emit(
      RecordReport(
        collection: "c", key: "k", value: .null, version: 2, created: 1, modified: 5, deleted: true)
    )
    #expect(
      client.line()
        == #"{"jsonrpc":"2.0","method":"meta.record","params":{"record":{"collection":"c","#
        + #""created":1,"deleted":true,"key":"k","modified":5,"value":null,"version":2}}}"#)
  }
}
