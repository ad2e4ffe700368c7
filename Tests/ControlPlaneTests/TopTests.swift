import ControlPlane
import HostSupport
import PluginHost
import TestSupport
import Testing

/// `dovetail top`: the figures that it makes, and what it prints where.
@Suite struct TopTests {
  private func sample(at seconds: Double, published: UInt64, calls: UInt64) throws -> TopSample {
    let host = FakeHost()
    var stats = try host.eventStats(plugin: nil, topic: nil)
    stats.topics[0].published = published
    stats.topics[0].delivered = 2 * published
    stats.topics.append(TopicReport(name: "demo.quiet"))
    stats.subscriptions[1].delivered = calls
    return TopSample(
      moment: UInt64(seconds * 1e9), host: try host.hostReport(), plugins: try host.list(),
      stats: stats)
  }

  @Test(
    "rates are what came in between, by the second; a subscription of a newer generation begins anew"
  )
  func rates() throws {
    let before = try sample(at: 10, published: 100, calls: 50)
    var after = try sample(at: 12, published: 1_100, calls: 250)
    let report = TopReport(from: before, to: after)
    #expect(report.seconds == 2 && report.published == 500 && report.delivered == 1_000)
    #expect(report.topics.map(\.topic.name) == ["demo.one", "demo.quiet"])
    #expect(report.subscriptions.map(\.subscription.name) == ["all", "demo.*#1"])
    #expect(report.subscriptions.map(\.delivered) == [100, 0])
    #expect(report.queued == 6 && report.dropped == 0)
    after.stats.subscriptions[1].generation += 1
    #expect(TopReport(from: before, to: after).subscriptions[0].delivered == 125)
    #expect(TopReport(from: after, to: before).published == 0)
  }

  private func run(_ words: [String]) throws -> Dovetail {
    let served = try Served()
    return try Dovetail(words, environment: ["DOVETAIL_SOCKET": served.server.path])
  }

  @Test("once prints the whole")
  func once() throws {
    let run = try run(["top", "--once", "--interval", "100"])
    #expect(
      run.output == """
        fake (pid 1)  up 0 s  0 B
        published 0/s  delivered 0/s  failed 0/s  dropped 0/s  queued 6

        PLUGIN  STATE   GEN  CALLS/S  FAILED    CPU  HANDLES  QUEUED  HELD  DETAIL
        broken  failed    -      0/s       1  0.0 %        0     0 B   0 B  init: no such file
        hello   active    3      0/s       0  0.0 %        0     0 B   0 B

        TOPIC     PUBLISHED  DELIVERED  FAILED  DROPPED  QUEUED
        demo.one        0/s        0/s       4        2       6

        QUEUE     STATE      QUEUED  OF  MOST  OLDEST  DROPPED
        slow all  suspended       6   8     8   1.5 s        2

        SLOWEST HANDLER  CALLS/S    MEAN  MEDIAN     P99  LONGEST
        slow all             0/s  1.5 µs  1.0 µs  2.1 ms   2.1 ms

        """)
    #expect(run.status == 0 && run.errors == "")
  }

  @Test("without a terminal it prints a line for each look")
  func lines() throws {
    let run = try run(["top", "--interval", "100", "--count", "2"])
    let line =
      "published 0/s  delivered 0/s  failed 0/s  dropped 0/s  queued 6  plugins 1/2 active\n"
    #expect(run.output == line + line)
  }

  @Test("JSON is an object, or one a line")
  func json() throws {
    let once = try run(["top", "--once", "--interval", "100", "--json"])
    let report = try JSON(parsing: Array(once.output.utf8))
    #expect(report["queued"]?.int == 6 && report["plugins"]?.array?.count == 2)
    let lines = try run(["top", "--interval", "100", "--count", "2", "--json"]).output
    #expect(lines.split(separator: "\n").count == 2)
  }

  @Test(
    "on a terminal it is redrawn in place until a key ends it, and the terminal is given back",
    arguments: ["q", "\\003", "\\004"])
  func terminal(key: String) throws {
    let served = try Served()
    let top = "\(Dovetail.buildFolder)/dovetail top --interval 100 --socket \(served.server.path)"
    let whole =
      "stty -a > before; \(top); echo status $?; stty -a > after; cmp before after && echo same"
    // The key is pressed when the first picture has come.
    let script = """
      cd \(served.directory.path) && mkfifo keys && touch seen
      (exec 3> keys; for i in {1..500}; do grep -q hello seen && break; sleep 0.02; done; printf '\(key)' >&3) &
      script -qfec '\(whole)' seen < keys
      """
    let run = try Dovetail(program: "bash", ["-c", script])
    #expect(run.output.contains("\u{1B}[?1049h") && run.output.contains("\u{1B}[H"))
    #expect(run.output.contains("hello"))
    #expect(run.output.contains("\u{1B}[?1049l"))
    #expect(run.output.contains("status 0") && run.output.contains("same"))
  }

  @Test("a host that is not there is no host")
  func noHost() throws {
    let run = try Dovetail(["top"], environment: ["DOVETAIL_SOCKET": "/nowhere/s"])
    #expect(run.status == 3)
  }
}
