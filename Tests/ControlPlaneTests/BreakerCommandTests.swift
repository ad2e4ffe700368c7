import ControlPlane
import HostSupport
import PluginHost
import TestSupport
import Testing

/// `dovetail breakers`, against a served fake host.
@Suite struct BreakerCommandTests {
  private static let table = """
    NAME         PROVIDER  STATE  CALLS  FAILED  SLOW  REJECTED  OPENED    PROBES  WHY
    hello.greet  hello     open       0       0     0        12       1  in 4.2 s  6 of the last 10 calls failed (60 %; it opens at 50 %)

    """

  @Test(
    "prints what a person wants to read",
    arguments: [
      ([], 0, table, "", "breakers all"),
      (["list"], 0, table, "", "breakers all"),
      (["--plugin", "hello"], 0, table, "", #"breakers provider("hello")"#),
      (
        ["show", "hello.greet"], 0,
        """
        breaker     hello.greet
        service     hello.greet
        provider    hello
        state       open
        since       2026-11-22T00:00:00.000Z
        why         6 of the last 10 calls failed (60 %; it opens at 50 %)
        probes      in 4.2 s
        window      0 calls, 0 failed, 0 slow; 0 failures in a row
        in all      4 succeeded, 6 failed, 0 slow, 0 ignored, 12 rejected, 3 to the fallback
        changes     opened 1×, half-open 0×, closed 0×
        opens       when 50 % of the last 100 calls failed, of at least 10
        stays open  5000 ms, then longer up to 60000 ms; half-open it permits 3 calls

        """, "", #"breakers name("hello.greet")"#
      ),
      (["open", "hello.greet"], 0, table, "", #"open name("hello.greet")"#),
      (["close", "hello.greet"], 0, table, "", #"close name("hello.greet")"#),
      (["reset", "--all"], 0, table, "", "reset all"),
      (
        ["reset"], 2, "", "dovetail breakers reset needs either NAME or --all", ""
      ),
      (["show", "no"], 4, "", "there is no circuit breaker 'no'", #"breakers name("no")"#),
    ])
  func prints(words: [String], status: Int32, output: String, errors: String, call: String) throws {
    let served = try Served()
    let dovetail = try Dovetail(
      ["breakers"] + words, environment: ["DOVETAIL_SOCKET": served.server.path])
    #expect(dovetail.output == output)
    #expect(dovetail.errors.contains(errors), "\(dovetail.errors)")
    #expect(dovetail.status == status)
    if !call.isEmpty { #expect(served.host.calls.contains(call), "\(served.host.calls)") }
  }
}
