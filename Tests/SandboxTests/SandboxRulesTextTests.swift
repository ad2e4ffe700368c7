import TestSupport
import Testing

@Suite("The text of a sandbox's rules")
struct SandboxRulesTextTests {
  @Test(
    "What is no rule is refused with its line",
    arguments: [
      ("", "the sandbox's rules are cut off: their last line is not end\n"),
      ("read /lib\n", "the sandbox's rules are cut off: their last line is not end\n"),
      ("read /lib\nend", "the sandbox's rules are cut off: their last line is not end\n"),
      ("end\nexec\n", "the sandbox's rules go on after end, in line 1\n"),
      ("read lib\nend\n", "line 1 of the sandbox's rules is no rule: read lib\n"),
      ("read\nend\n", "line 1 of the sandbox's rules is no rule: read\n"),
      ("exec\nallow all\nend\n", "line 2 of the sandbox's rules is no rule: allow all\n"),
      ("connect 0\nend\n", "line 1 of the sandbox's rules is no rule: connect 0\n"),
      ("connect 65536\nend\n", "line 1 of the sandbox's rules is no rule: connect 65536\n"),
      ("bind -1\nend\n", "line 1 of the sandbox's rules is no rule: bind -1\n"),
      ("limit data\nend\n", "line 1 of the sandbox's rules is no rule: limit data\n"),
      ("limit data 1x\nend\n", "line 1 of the sandbox's rules is no rule: limit data 1x\n"),
      ("limit fun 1\nend\n", "line 1 of the sandbox's rules is no rule: limit fun 1\n"),
    ])
  func wrongRules(text: String, message: String) throws {
    let probe = try SandboxProbe(text: text, ["nothing"])
    #expect(probe.ending == .exited(3))
    #expect(probe.message == message)
  }

  @Test("Too many paths, ports and bytes are refused")
  func bounds() throws {
    let paths = String(repeating: "read /lib\n", count: 257) + "end\n"
    #expect(
      try SandboxProbe(text: paths, ["nothing"]).message
        == "the sandbox's rules have too many paths or ports, in line 257\n")
    let ports = String(repeating: "connect 80\n", count: 65) + "end\n"
    #expect(
      try SandboxProbe(text: ports, ["nothing"]).message
        == "the sandbox's rules have too many paths or ports, in line 65\n")
    let bytes = String(repeating: "exec\n", count: 20_000) + "end\n"
    #expect(
      try SandboxProbe(text: bytes, ["nothing"]).message
        == "the sandbox's rules have more than 65535 bytes\n")
  }

  @Test("A process that has threads already is refused")
  func severalThreads() throws {
    let probe = try SandboxProbe([], "two-threads")
    #expect(probe.ending == .exited(3))
    #expect(
      probe.message
        == "sandbox: the process has several threads; apply the rules before it starts any\n")
  }

  @Test("All descriptors but those of a list are closed")
  func descriptors() {
    let probe = "\(Program.buildFolder)/sandbox-probe"
    #expect(Program.run([probe, "close-all-but", "41", "1", "2"]).output == "1 2 41 \n")
  }
}
