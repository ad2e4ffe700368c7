import HostSupport
import TestSupport
import Testing

@testable import PluginHost

extension HostSuite {
  @Suite("keeps what could not be delivered for its operators", .serialized)
  struct DeadLettersOfHost {
    /// Fails every event until a file says otherwise.
    private func picky(_ name: String = "mine") -> ProbePlugin {
      ProbePlugin("picky").declaring(
        """
        static int32_t on(void *c, const dvt_event *e, const dvt_error_sink *s) {
          if (access(TRACE ".well", F_OK) != 0) return fail(s, "not well");
          trace("got it");
          return DVT_OK;
        }
        """
      )
      .doing("init", "return subscribe(\"t.*\", \"\(name)\", on, DVT_DELIVERY_SYNC);")
    }

    private func message(_ body: () throws -> Any) -> String {
      do { return "no error: \(try body())" } catch {
        return (error as? OperationError)?.description ?? "\(error)"
      }
    }

    @Test("listed, shown with its event, and replayed to the subscription that failed")
    func replay() throws {
      let fixture = try HostFixture([picky()])
      for topic in ["t.a", "t.b"] { try fixture.publish(topic, "hello") }
      let list = try fixture.host.deadLetters(.all, limit: 10)
      #expect(list.held == 2 && list.bytes > 0 && list.displaced == 0)
      #expect(list.letters.map(\.topic) == ["t.a", "t.b"])
      #expect(list.letters.map(\.error) == ["not well", "not well"])
      #expect(try fixture.host.deadLetters(.topic("t.b"), limit: 10).letters.map(\.id) == [2])
      #expect(try fixture.host.deadLetters(.all, limit: 1).letters.map(\.id) == [2])
      let shown = try fixture.host.deadLetter(1)
      #expect(shown.event?.payload.bytes == Array("hello".utf8))
      #expect(shown.plugin == "picky" && shown.subscription == "mine" && shown.cause == "failed")
      try TestFile.write(fixture.directory.file("trace.well"))
      let report = try fixture.host.replayDeadLetters(.ids([1]))
      #expect(report.replayed.map(\.id) == [1] && report.homeless.isEmpty)
      #expect(fixture.wait { fixture.trace(of: "picky").contains("got it") })
      #expect(try fixture.host.deadLetters(.all, limit: 10).letters.map(\.id) == [2])
    }

    @Test("what is homeless stays, and says so")
    func homeless() throws {
      let fixture = try HostFixture([picky()])
      try fixture.publish("t.a")
      _ = try fixture.host.unload("picky", deadline: .soon)
      let report = try fixture.host.replayDeadLetters(.all)
      #expect(report.replayed.isEmpty)
      #expect(report.homeless.map(\.id) == [1])
      #expect(try fixture.host.deadLetters(.all, limit: 10).held == 1)
    }

    @Test("dropped when an operator says so; a letter that is not held is refused by number")
    func drop() throws {
      let fixture = try HostFixture([picky()])
      for _ in 1...3 { try fixture.publish("t.a") }
      #expect(
        message { try fixture.host.dropDeadLetters(.ids([1, 8, 9])) }
          == "there is no dead letter 8, 9: see 'dovetail events dead list'")
      #expect(
        message { try fixture.host.deadLetter(9) }
          == "there is no dead letter 9: see 'dovetail events dead list'")
      #expect(try fixture.host.dropDeadLetters(.ids([1])).map(\.id) == [1])
      #expect(try fixture.host.dropDeadLetters(.topic("t.*")).map(\.id) == [2, 3])
      #expect(try fixture.host.deadLetters(.all, limit: 10).held == 0)
      #expect(
        message { try fixture.host.dropDeadLetters(.topic("..")) }.hasPrefix("pattern '..': "))
    }
  }
}
