import HostSupport
import PluginHost
import TestSupport
import Testing

@testable import ControlPlane

/// Runs the built `dovetail` as a process against a served fake host.
@Suite struct CommandsAgainstHostTests {
  private func run(_ served: Served, _ words: [String]) throws -> Dovetail {
    try Dovetail(words, environment: ["DOVETAIL_SOCKET": served.server.path])
  }

  @Test("list is a table whose columns stand under their headings")
  func list() throws {
    let served = try Served()
    let run = try run(served, ["list"])
    #expect(
      run.output == """
        ID      VERSION  STATE   GEN     UPTIME  DELIVERED  FAILED  DETAIL
        broken  0.1.0    failed    -          -          0       1  init: no such file
        hello   1.2.0    active    3  1 h 2 min         42       0

        """)
    #expect(run.errors == "")
    #expect(run.status == 0)
  }

  @Test(
    "prints what a person wants to read",
    arguments: [
      (
        ["why", "broken"], 0,
        "broken has failed.\n  init failed.\n    It could not open /etc/x: No such file or directory."
          + "\nfix: create /etc/x, then `dovetail load broken`\n", ""
      ),
      (
        ["graph"], 0, "hello 1.2.0 active\n  requires log ^1 (not met)\n", ""
      ),
      (
        ["graph", "--dot"], 0,
        """
        digraph dovetail {
          rankdir=LR;
          node [shape=box];
          "hello" [label="hello\\n1.2.0", color=green];
          "hello" -> "log" [label="requires ^1", style=solid, color=red];
        }

        """, ""
      ),
      (
        ["plan"], 0,
        "ACTION  ID     VERSION        WHY\nreload  hello  1.2.0 → 1.3.0  its file changed\n", ""
      ),
      (
        ["health"], 0,
        """
        fake is degraded, live, not ready
          sql, which is required, is failed
        PLUGIN  HEALTH     SINCE                     CHECKED                     TOOK  REASON
        broken  unhealthy  -                         -                              -  it failed in init: no such file
        hello   degraded   2026-01-01T00:00:01.000Z  2026-01-01T00:00:09.000Z  1.3 ms  the cache is cold

        """, ""
      ),
      (
        ["health", "hello"], 0,
        """
        plugin   hello
        health   degraded
        reason   the cache is cold
        since    2026-01-01T00:00:01.000Z
        checked  2026-01-01T00:00:09.000Z
        took     1.3 ms
        checks   9
        action   restart
        history:
          2026-01-01T00:00:00.000Z  healthy
          2026-01-01T00:00:01.000Z  degraded: the cache is cold

        """, ""
      ),
      (
        ["health", "broken"], 1,
        """
        plugin  broken
        health  unhealthy
        reason  it failed in init: no such file
        checks  0
        action  none

        """, ""
      ),
      (
        ["health", "nobody"], 4, "",
        "error: there is no plugin \"nobody\"\n  next: see `dovetail list`\n"
      ),
      (
        ["load", "hello"], 0, "hello: loaded, 1.2.0, generation 1\nload done (1.3 ms)\n", ""
      ),
      (
        ["reload", "hello"], 0,
        "hello: reloaded, 1.0.0 → 2.0.0, generation 1 → 2, paused 0.46 ms, former image stays "
          + "mapped: has Swift metadata\nreload done (12.0 ms)\nwarnings:\n  the budget is near\n",
        ""
      ),
      (
        ["reload", "hello", "--dry-run"], 0,
        "ACTION  ID     VERSION        WHY\nreload  hello  1.2.0 → 1.3.0  its file changed\n", ""
      ),
      (
        ["unload", "hello"], 5, "",
        "error: hello is required by greeter, which is active\n  next: unload greeter first\n"
      ),
      (["rollback", "hello"], 5, "", "error: hello has no earlier build\n"),
      (
        ["info", "nobody"], 4, "",
        "error: there is no plugin \"nobody\"\n  next: see `dovetail list`\n"
      ),
      (
        ["events", "routes"], 0,
        "FROM     TO            MODE  OWNER     NAME       ROUTED  LOOPS  FILTER\n"
          + "order.*  audit.orders  copy  dovetail  order.*#1       3      0  subject prefix \"eu-\"\n",
        ""
      ),
      (
        ["quarantine", "list"], 0,
        "ID       VERSION  HASH          SINCE                     TIMES  CAUSE\n"
          + "crasher           0123456789ab  2026-01-01T00:00:00.000Z      1  SIGSEGV in init\n", ""
      ),
      (
        ["crashes", "list"], 0,
        "ID  TIME                      PLUGIN   VERSION  GEN  OUTCOME    CAUSE\n"
          + " 7  2026-01-01T00:00:00.000Z  crasher  1.2.0      3  contained  "
          + "SIGSEGV at 0x8 in handler 'poke'\n", ""
      ),
      (
        ["crashes", "show", "7"], 0,
        """
        crasher 1.2.0: SIGSEGV at 0x8 in handler 'poke'
        when         2026-01-01T00:00:00.000Z
        generation   3
        in           handler 'poke' (running)
        event        zoo.poke, number 12
        signal       SIGSEGV, code 1, address 0x8
        instruction  on_poke + 4 in crasher.so (+0x1234)
        thread       4711 (dvt-worker)
        calls, innermost first:
           0  on_poke + 4 in crasher.so (+0x1234)
           1  0x1000
        what the host did: it contained the crash (policy contain-all), failed the call, put the build into \
        quarantine and went on
        next: put a corrected build in place (`dovetail quarantine clear crasher` tries this one again), and \
        restart the host soon: its memory may be damaged

        """, ""
      ),
      (
        ["crashes", "show", "8"], 4, "",
        "error: there is no crash report 8\n"
      ),
      (
        ["quarantine", "clear", "crasher"], 0,
        "cleared crasher 0123456789ab: load it with `dovetail load crasher`\n", ""
      ),
      (
        ["events"], 0, "2026-01-01T00:00:00.000Z  demo.one  hello  {\"a\":1}\n", ""
      ),
      (
        ["events", "--json"], 0,
        #"{"data":{"a":1},"datacontenttype":"application/json","id":"1","source":"hello","#
          + #""specversion":"1.0","time":"2026-01-01T00:00:00.000Z","type":"demo.one"}"# + "\n", ""
      ),
      (
        ["publish", "a.b", "--data", "[1]"], 0,
        "published a.b as number 7: 2 subscriptions received it\n", ""
      ),
      (["call", "echo", "--data", "hi there"], 0, "hi there", ""),
      (
        ["call", "nothing"], 4, "", "error: no plugin offers the service \"nothing\"\n"
      ),
      (["meta", "get", "c", "limit"], 0, "{\n  \"max\" : 10\n}\n", ""),
      (["meta", "get", "c", "x"], 4, "", "error: c has no record \"x\"\n"),
      (
        ["meta", "put", "c", "limit", "{\"max\":1}", "--version", "3"], 0,
        "KEY    VERSION  REVISION  VALUE\nlimit        4        10  {\"max\":1}\n", ""
      ),
      (
        ["meta", "put", "c", "limit", "1", "--version", "2"], 5, "",
        "error: c/limit has version 3, not 2\n  next: read it again and repeat the change\n"
      ),
      (
        ["metrics", "--prometheus"], 0,
        """
        # TYPE dovetail_events_published_total counter
        dovetail_events_published_total 1234
        # TYPE dovetail_queue_depth gauge
        dovetail_queue_depth{plugin="hello"} 0.5

        """, ""
      ),
      (
        [
          "metrics", "history", "depth", "--label", "plugin=a\"b", "--label", "of=x=y", "--since",
          "2h", "--limit", "2",
        ], 0,
        """
        TIME                      VALUE
        2026-01-01T00:00:00.000Z    0.5
        2026-01-01T00:00:00.000Z      3
        7 earlier samples are not shown

        """, ""
      ),
      (
        ["meta", "session"], 0,
        """
        KEY        THIS RUN                  RUN BEFORE
        started    2026-01-02T00:00:00.000Z  2026-01-01T00:00:00.000Z
        host       fake, dovetail \(HostVersion.text)      fake, dovetail 0.0.9
        pid        8                         7
        log.level  (default)                 "debug"
        settings   ["hello"]                 ["hello"]
        topics     500                       (default)

        """, ""
      ),
      (
        ["metrics", "history", "none"], 0,
        "no sample of dovetail_none is kept of that time\n", ""
      ),
      (
        ["metrics", "history", "queue_depth"], 5, "",
        "error: the provider 'file' keeps no history of figures\n"
      ),
      (
        ["metrics", "history", "x", "--label", "plugin"], 2, "",
        "error: --label must be NAME=VALUE, not \"plugin\"\n"
      ),
      (["stop"], 0, "the host is stopping\n", ""),
      (["__complete", "ids"], 0, "broken\nhello\n", ""),
    ])
  func texts(words: [String], status: Int32, output: String, errors: String) throws {
    let served = try Served()
    let run = try run(served, words)
    #expect(run.output == output)
    #expect(run.errors == errors)
    #expect(run.status == status)
  }

  @Test("a figure is asked for by its name and labels, and by how long ago")
  func figure() throws {
    let served = try Served()
    let words = ["metrics", "history", "depth", "--label", "b=1", "--label", "a=x\"y"]
    _ = try run(served, words + ["--since", "2h", "--limit", "2"])
    _ = try run(served, ["metrics", "history", "dovetail_depth"])
    #expect(
      served.host.calls == [
        #"metricsHistory dovetail_depth{a="x\"y",b="1"} 120 min 2"#,
        "metricsHistory dovetail_depth 60 min 1000",
      ])
    let wrong = try run(served, ["metrics", "history", "depth", "--since", "soon"])
    #expect(wrong.status != 0)
    #expect(wrong.errors.contains("how long ago, such as \"15m\""))
  }

  @Test(
    "every command's --json is JSON",
    arguments: [
      ["list"], ["info", "hello"], ["why", "broken"], ["graph"], ["plan"], ["load", "hello"],
      ["reload", "hello"], ["quarantine", "list"], ["quarantine", "why", "crasher"],
      ["quarantine", "clear", "--all"], ["crashes", "list"], ["crashes", "show", "7"],
      ["publish", "a.b"], ["call", "echo", "--data", "1"],
      ["meta", "get", "c", "limit"], ["meta", "list", "c"], ["metrics"],
      ["metrics", "history", "depth"], ["meta", "session"], ["doctor"], ["version"],
      ["stop"], ["help"], ["completions", "bash"],
    ])
  func json(words: [String]) throws {
    let served = try Served()
    let run = try run(served, words + ["--json"])
    #expect(run.status == 0)
    #expect(throws: Never.self) { try JSON(parsing: Array(run.output.utf8)) }
  }

  @Test(
    "colours on a terminal only, and not with NO_COLOR, TERM=dumb or --no-color",
    arguments: [
      ("", "", true), ("NO_COLOR=1", "", false), ("NO_COLOR=", "", true), ("", "--no-color", false),
      ("TERM=dumb", "", false),
    ])
  func colours(variable: String, flag: String, isColored: Bool) throws {
    let served = try Served()
    let command =
      "env \(variable) \(Dovetail.buildFolder)/dovetail list \(flag) --socket \(served.server.path)"
    // `script` gives the command a terminal.
    let run = try Dovetail(program: "script", ["-qec", command, "/dev/null"])
    #expect(run.output.contains("hello"))
    #expect(run.output.contains("\u{1B}[32mactive\u{1B}[0m") == isColored)
  }

  @Test("publish names the data's type by what it is")
  func contentTypes() throws {
    let served = try Served()
    _ = try run(served, ["publish", "a", "--data", "{\"x\":1}", "--subject", "s"])
    _ = try run(served, ["publish", "a", "--data", "plain text"])
    _ = try run(served, ["publish", "a"])
    #expect(
      served.host.calls == [
        "publish a application/json {\"x\":1} s", "publish a text/plain plain text -",
        "publish a   -",
      ])
  }

  @Test("following prints every event, and ends after --count")
  func follow() throws {
    let served = try Served()
    let emitter = try Thread(name: "emitter") {
      guard served.eventually({ served.host.tapCount == 1 }) else { return }
      for number in 1...3 {
        served.host.emit(EventReport(id: "\(number)", source: "hello", type: "demo.n\(number)"))
      }
    }
    let run = try run(served, ["events", "--follow", "--count", "2"])
    emitter.join()
    #expect(run.output == "-  demo.n1  hello\n-  demo.n2  hello\n")
    #expect(run.status == 0)
  }

  @Test("following ends with the timeout, and with the host")
  func followEnds() throws {
    let served = try Served()
    let late = try run(served, ["events", "-f", "--count", "1", "--timeout", "50"])
    #expect(late.status == 6)
    let stopper = try Thread(name: "stopper") {
      _ = served.eventually { served.host.tapCount == 1 }
      served.server.stop(deadline: .after(milliseconds: 5_000))
    }
    #expect(try run(served, ["events", "-f"]).status == 3)
    stopper.join()
  }

  @Test("a host that does not answer in time is a timeout")
  func timeout() throws {
    let served = try Served()
    served.host.gate.update { $0 = false }
    let run = try run(served, ["load", "hello", "--timeout", "30"])
    #expect(run.errors == "error: loading took too long\n")
    #expect(run.status == 6)
    served.host.gate.update { $0 = true }
  }

  @Test("a path to load is made absolute, an id is not")
  func loadPath() throws {
    let served = try Served()
    _ = try run(served, ["load", "/abs/x.so"])
    _ = try run(served, ["load", "hello"])
    #expect(served.host.calls == ["load /abs/x.so", "load hello"])
    _ = try run(served, ["load", "./x.so"])
    #expect(served.host.calls.last?.hasPrefix("load /") == true)
    #expect(served.host.calls.last?.hasSuffix("/x.so") == true)
    #expect(served.host.calls.last?.contains("/./") == false)
  }

  @Test("probes get a status and one answer", arguments: [("--live", 0), ("--ready", 1)])
  func probes(flag: String, status: Int32) throws {
    let served = try Served()
    let run = try run(served, ["health", flag, "--json"])
    #expect(run.status == status)
    #expect(try JSON(parsing: run.output.utf8)["live"]?.bool == true)
  }
}
