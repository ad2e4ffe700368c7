import FoundationEssentials
import TestSupport
import Testing

@testable import PluginHost

extension HostSuite {
  @Suite("loses nothing silently", .serialized)
  struct Losses {
    @Test("promise 10: every loss has a counter and an event", arguments: Loss.allCases)
    func counted(loss: Loss) throws {
      let scenario = try LossScenario(loss)
      let host = scenario.fixture.host
      try scenario.run()
      let isCounted = try scenario.fixture.wait {
        try host.metrics().contains {
          $0.name == "dovetail_lost_total" && $0.labels["kind"] == loss.rawValue && $0.value > 0
        }
      }
      #expect(isCounted, "no counter")
      let isTold = try scenario.fixture.wait {
        try !host.recentEvents(pattern: loss.event, limit: 1).isEmpty
      }
      #expect(isTold, "no event")
      try scenario.letGo()
    }

    @Test(
      "promise 10: what a plugin's subscription loses is counted as that plugin's",
      arguments: [Loss.eventDropped, .handlerFailed])
    func labelled(loss: Loss) throws {
      let scenario = try LossScenario(loss)
      try scenario.run()
      let isCounted = try scenario.fixture.wait {
        try scenario.fixture.host.metrics().contains {
          $0.name == "dovetail_lost_total" && $0.labels["kind"] == loss.rawValue && $0.value > 0
            && $0.labels["plugin"] == "loser"
        }
      }
      #expect(isCounted)
      try scenario.letGo()
    }

    @Test("promise 10: the table of losses names each kind once")
    func table() throws {
      let root = #filePath.split(separator: "/").dropLast(4).reduce("") { "\($0)/\($1)" }
      let path = "\(root)/Sources/PluginHost/Supervision/LOSSES.md"
      let text = String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self)
      let kinds = text.split(separator: "\n").filter { $0.hasPrefix("| `") }
        .map { $0.split(separator: "`")[1] }
      #expect(kinds.map(String.init).sorted() == Loss.allCases.map(\.rawValue).sorted())
    }
  }
}
