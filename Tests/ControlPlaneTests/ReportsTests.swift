import FoundationEssentials
import HostSupport
import PluginHost
import Testing

@testable import ControlPlane

@Suite struct ReportsTests {
  private func json(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }

  @Test(
    "data is in JSON as CloudEvents says",
    arguments: [
      (Payload(), "{}"),
      (
        Payload(Array("{\"a\":[1]}".utf8), contentType: "application/json"),
        #"{"data":{"a":[1]},"datacontenttype":"application/json"}"#
      ),
      (
        Payload(Array("7".utf8), contentType: "application/vnd.x+json; charset=utf-8"),
        #"{"data":7,"datacontenttype":"application/vnd.x+json; charset=utf-8"}"#
      ),
      (
        Payload(Array("é".utf8), contentType: "text/plain"),
        #"{"data":"é","datacontenttype":"text/plain"}"#
      ),
      (
        Payload([0xFF], contentType: "text/plain"),
        #"{"data_base64":"/w==","datacontenttype":"text/plain"}"#
      ),
      (
        Payload(Array("{".utf8), contentType: "application/json"),
        #"{"data_base64":"ew==","datacontenttype":"application/json"}"#
      ),
      (Payload([1, 2, 3]), #"{"data_base64":"AQID"}"#),
    ])
  func payloads(payload: Payload, text: String) throws {
    #expect(try json(payload) == text)
    let back = try JSONDecoder().decode(Payload.self, from: Data(text.utf8))
    #expect(back == payload)
  }

  @Test("an event's extensions are members, and cannot take an attribute's place")
  func events() throws {
    var event = EventReport(id: "1", source: "a", type: "t")
    event.subject = "s"
    event.time = "2026-01-01T00:00:00Z"
    event.extensions = ["trace": "x", "id": "forged"]
    let text =
      #"{"id":"1","source":"a","specversion":"1.0","subject":"s","#
      + #""time":"2026-01-01T00:00:00Z","trace":"x","type":"t"}"#
    #expect(try json(event) == text)
    let back = try JSONDecoder().decode(EventReport.self, from: Data(text.utf8))
    event.extensions["id"] = nil
    #expect(back == event)
  }

  @Test("an event of another CloudEvents version is refused")
  func eventVersion() {
    let text = #"{"specversion":"0.3","id":"1","source":"a","type":"t"}"#
    #expect(throws: DecodingError.self) {
      try JSONDecoder().decode(EventReport.self, from: Data(text.utf8))
    }
  }

  @Test("an operation code of a newer host is a plain failure")
  func codes() throws {
    let codes = try JSONDecoder().decode(
      [OperationCode].self, from: Data(#"["not-found","from-the-future"]"#.utf8))
    #expect(codes == [.notFound, .failed])
  }

  @Test("every code has a number of its own, in the documented range")
  func numbers() {
    let numbers = OperationCode.allCases.map(RPCFailure.number)
    #expect(Set(numbers).count == numbers.count)
    #expect(numbers.allSatisfy { (-32009 ... -32000).contains($0) })
  }

  @Test("dot text survives quotes and newlines in names")
  func dot() {
    let graph = GraphReport(nodes: [.init(id: "a\"\n\\", version: "", state: "missing")], edges: [])
    #expect(graph.dot.contains(#"  "a\"\n\\" [label="a\"\n\\", color=red];"#))
  }
}
