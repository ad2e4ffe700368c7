import Glibc
import TestSupport
import Testing

@Suite("Limits of a sandboxed process")
struct SandboxLimitTests {
  private static let megabyte = 1 << 20

  @Test("Memory beyond the limit is refused to the process alone")
  func memory() throws {
    let rules = ["limit data \(64 * Self.megabyte)"]
    #expect(try SandboxProbe(rules, "memory", "\(32 * Self.megabyte)").outcome == "ok")
    #expect(try SandboxProbe(rules, "memory", "\(96 * Self.megabyte)").outcome == "ENOMEM")
    let space = ["limit address-space \(256 * Self.megabyte)"]
    #expect(try SandboxProbe(space, "memory", "\(512 * Self.megabyte)").outcome == "ENOMEM")
  }

  @Test("So are descriptors and large files")
  func files() throws {
    #expect(try SandboxProbe(["limit files 32"], "descriptors").outcome == "EMFILE")
    let rules = ["limit file-size \(Self.megabyte)"]
    #expect(try SandboxProbe(rules, "large-file").outcome == "EFBIG")
  }

  @Test("Too many threads are refused to a user that is not root", .enabled(if: geteuid() == 0))
  func threads() throws {
    // A user that nobody is: its threads are the probe's alone. What the machine runs is added to the limit.
    let user = ["as-user", "54321"]
    let rules = SandboxProbe.base + ["limit threads 20", "end"]
    let text = rules.map { "\($0)\n" }.joined()
    let some = try SandboxProbe(text: text, user + ["threads", "10"])
    #expect(some.outcome == "ok", "\(some.message)")
    let many = try SandboxProbe(text: text, user + ["threads", "30000"])
    #expect(many.outcome == "EAGAIN", "\(many.message)")
  }

  @Test("Endless work is ended when its CPU time is used up")
  func time() throws {
    let probe = try SandboxProbe(["limit cpu 1"], "spin")
    #expect(probe.ending == .killed(signal: SIGXCPU))
  }
}
