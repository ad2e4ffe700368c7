import ControlPlane
import HostSupport
import PluginHost
import TestSupport
import Testing

/// The catalogue of event types, against a served fake host.
@Suite struct AsyncAPITests {
  private func run(_ words: String...) throws -> Dovetail {
    let served = try Served()
    return try Dovetail(words, environment: ["DOVETAIL_SOCKET": served.server.path])
  }

  @Test("lists what is declared, and shows the schemas of one topic")
  func lists() throws {
    #expect(
      try run("events", "types").output == """
        TOPIC   CONTENT TYPE      FROM               SCHEMA  ENFORCED  UNFIT  SUMMARY
        demo.*  application/json  hello              yes     warn          2  a demonstration
        demo.*  any               the configuration  -       -             0
        log.>   text/plain        hello              -       off           0

        """)
    #expect(
      try run("events", "types", "log.>").output == """
        topic         log.>
        from          hello
        content type  text/plain
        enforced      off
        unfit         0

        """)
    let one = try run("events", "types", "demo.*").output
    #expect(one.contains("read by       slow 'all'\nschema:\n{\n  \"$defs\" : {"))
    #expect(one.contains("enforced  nothing to enforce"))
    #expect(try run("events", "types", "none").output == "nothing is declared of none\n")
    let json = try JSON(parsing: run("events", "types", "--json").output.utf8)
    #expect(json.array?.map { $0["enforced"]?.string } == ["warn", nil, "off"])
  }

  @Test("prints an AsyncAPI document whose parts are all there and refer to each other")
  func document() throws {
    let text = try run("events", "types", "--asyncapi").output
    let document = try JSON(parsing: text.utf8)
    #expect(document["asyncapi"]?.string == "3.0.0")
    #expect(document["info"]?["title"]?.string?.isEmpty == false)
    #expect(document["info"]?["version"]?.string == HostVersion.text)
    let allowed: Set = ["asyncapi", "info", "channels", "operations", "components"]
    #expect(Set(document.object?.keys ?? [:].keys) == allowed)
    checkChannels(document)
    checkOperations(document)
    checkReferences(in: document, of: document)
    let schema = document["components"]?["schemas"]?["demo.any.hello"]
    #expect(
      schema?["properties"]?["size"]?["$ref"]?.string
        == "#/components/schemas/demo.any.hello/$defs/size")
  }

  private func checkChannels(_ document: JSON) {
    let channels = document["channels"]?.object ?? [:]
    #expect(channels.keys.sorted() == ["demo.any", "log.rest"])
    #expect(channels["demo.any"]?["address"]?.string == "demo.{segment1}")
    #expect(channels["log.rest"]?["address"]?.string == "log.{rest}")
    #expect(channels["demo.any"]?["messages"]?.object?.count == 2)
    for (name, channel) in channels {
      let address = channel["address"]?.string ?? ""
      let named = address.matches(of: /\{([A-Za-z0-9_-]+)\}/).map { String($0.output.1) }
      #expect(channel["parameters"]?.object?.keys.sorted() == named.sorted(), "\(name)")
    }
    for (kind, parts) in document["components"]?.object ?? [:] {
      for name in parts.object?.keys ?? [:].keys {
        #expect(name.wholeMatch(of: /[a-zA-Z0-9._-]+/) != nil, "\(kind) \(name)")
      }
    }
  }

  private func checkOperations(_ document: JSON) {
    let operations = document["operations"]?.object ?? [:]
    #expect(
      operations.keys.sorted() == [
        "hello.send.demo.any", "hello.send.log.rest", "slow.receive.demo.any.all",
      ])
    for (name, operation) in operations {
      let action = operation["action"]?.string ?? ""
      #expect(["send", "receive"].contains(action), "\(name)")
      let channel = operation["channel"]?["$ref"]?.string ?? ""
      #expect(channel.hasPrefix("#/channels/"))
      // The messages of an operation are those of its channel.
      for message in operation["messages"]?.array ?? [] {
        #expect(message["$ref"]?.string?.hasPrefix("\(channel)/messages/") == true, "\(name)")
      }
      #expect(operation["x-plugin"]?.string == (action == "send" ? "hello" : "slow"))
    }
  }

  private func checkReferences(in value: JSON, of document: JSON) {
    switch value {
    case .array(let elements):
      for element in elements { checkReferences(in: element, of: document) }
    case .object(let members):
      if let target = members["$ref"]?.string {
        let pointer = JSONPointer(String(target.dropFirst()))
        #expect(pointer?.value(in: document) != nil, "\(target)")
      }
      for member in members.values { checkReferences(in: member, of: document) }
    default: break
    }
  }
}
