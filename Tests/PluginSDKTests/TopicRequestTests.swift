import PluginSDK
import PluginTestKit
import Synchronization
import Testing

@Suite struct TopicRequestTests {
  @Test func `Requests on a topic reach every responder`() throws {
    let host = try TestHost()
    let context = host.context
    try context.respond(to: "price.*", name: "dear") { request in [9, UInt8(request.data.count)] }
    try context.respond(to: "price.pear", name: "cheap", priority: 1) { _ in [3] }
    try context.respond(to: "price.>", name: "none", priority: 2) { (_) throws(PluginFailure) in
      throw PluginError(.unavailable, "sold out")
    }
    let first = try context.request("price.pear", [1, 2])
    #expect(first.name == "cheap" && first.data == [3] && first.responder == "test")
    let all = Mutex<[TopicReply]>([])
    try context.requestAll("price.pear", [1, 2]) { reply in
      all.withLock { $0.append(reply) }
      return true
    }
    #expect(all.withLock { $0.map(\.name) } == ["none", "cheap", "dear"])
    #expect(all.withLock { $0.map(\.data) } == [[], [3], [9, 2]])
    #expect(all.withLock { $0.map(\.failure?.message) } == ["sold out", nil, nil])
  }

  @Test func `A combiner answers instead of the first`() throws {
    let host = try TestHost()
    let context = host.context
    try context.respond(to: "vote", name: "a") { _ in [1] }
    try context.respond(to: "vote", name: "b") { _ in [2] }
    #expect(try context.request("vote", [], .combined).data == [1])
    let combiner = try context.combine("vote") { request, replies in
      replies.flatMap(\.data) + request.data
    }
    #expect(try context.request("vote", [7], .combined).data == [1, 2, 7])
    try combiner.cancel()
    #expect(try context.request("vote", [7], .combined).data == [1])
  }

  @Test func `A request that was begun ends once`() throws {
    let host = try TestHost()
    let context = host.context
    let ended = Mutex<[PluginError.Code?]>([])
    let heard = Mutex<[[UInt8]]>([])
    let begin = { () throws(PluginError) in
      try context.beginRequest("vote", []) { reply in
        heard.withLock { $0.append(reply.data) }
        return true
      } done: { code in
        ended.withLock { $0.append(code) }
      }
    }
    _ = try begin()
    let responder = try context.respond(to: "vote") { _ in [4] }
    let handle = try begin()
    #expect(heard.withLock { $0 } == [[4]])
    #expect(ended.withLock { $0 } == [.notFound, nil])
    let gone = #expect(throws: PluginError.self) { try handle.cancel() }
    #expect(gone?.code == .gone)
    try responder.cancel()
    let nobody = #expect(throws: PluginError.self) { try context.request("vote", []) }
    #expect(nobody?.code == .notFound)
  }
}
