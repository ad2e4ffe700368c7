import Glibc
import HostSupport
import TestSupport
import Testing

@testable import PluginHost

@Suite("Rules of a sandbox from a manifest")
struct SandboxRulesTests {
  private func rules(_ permissions: String, image: String) throws -> SandboxRules {
    let text = #"{"id": "a", "version": "1.0.0", "abi": "1.0", "permissions": \#(permissions)}"#
    let manifest = try Manifest(parsing: Array(text.utf8))
    return SandboxRules(manifest.permissions, image: image, limits: WorkerLimits())
  }

  private func attempt(
    _ permissions: String, image: String = "/usr/lib", _ action: String...
  ) throws -> String {
    let probe = try SandboxProbe(text: try rules(permissions, image: image).text, action)
    return probe.outcome.isEmpty ? probe.message : probe.outcome
  }

  @Test("A plugin that asks for nothing has what its libraries need and nothing else")
  func nothing() throws {
    #expect(try attempt("{}", "permitted") == "ok")
    let runtime = try #require(SandboxRules.swiftRuntime)
    for library in ["libm.so.6", "\(runtime)/libswiftCore.so"] {
      #expect(try attempt("{}", "dlopen", library) == "ok")
    }
    for action in [["tcp"], ["udp"], ["unix"], ["fork"], ["exec", "/bin/true"]] {
      let probe = try SandboxProbe(text: try rules("{}", image: "/usr/lib").text, action)
      #expect(probe.outcome == "EPERM")
    }
    #expect(try attempt("{}", "read", "/etc/passwd") == "EACCES")
  }

  @Test("It reads its staged files, and not what lies beside them")
  func staged() throws {
    let folder = TemporaryDirectory()
    for name in ["a@1.so", "b@1.so"] {
      try FileDescriptor.open(folder.file(name), O_WRONLY | O_CREAT).write([1])
    }
    let image = folder.file("a@1.so")
    #expect(try attempt("{}", image: image, "read", image) == "ok")
    #expect(try attempt("{}", image: image, "write", image) == "EACCES")
    #expect(try attempt("{}", image: image, "read", folder.file("b@1.so")) == "EACCES")
  }

  @Test("Files, network and programs are what the manifest names")
  func permissions() throws {
    let folder = TemporaryDirectory()
    let files = #"{"files": {"read": ["/etc/passwd"], "write": ["\#(folder.path)"]}}"#
    #expect(try attempt(files, "read", "/etc/passwd") == "ok")
    #expect(try attempt(files, "create", folder.file("new")) == "ok")
    #expect(try attempt(files, "read", "/etc/group") == "EACCES")
    let network = #"{"network": {"connect": [1], "listen": []}}"#
    #expect(try attempt(network, "connect", "1") == "ECONNREFUSED")
    #expect(try attempt(network, "connect", "2") == "EACCES")
    #expect(try attempt(network, "listen", "0") == "EACCES")
    #expect(try attempt(network, "read", "/etc/hosts") == "ok")
    #expect(try attempt(#"{"network": true}"#, "connect", "2") == "ECONNREFUSED")
    #expect(try attempt(#"{"network": true}"#, "listen", "0") == "ok")
    #expect(try attempt(#"{"network": true}"#, "udp") == "ok")
    #expect(try attempt(#"{"network": true}"#, "unix") == "EPERM")
    #expect(try attempt(#"{"network": {"unix": true}}"#, "unix") == "ok")
    #expect(try attempt(#"{"exec": true}"#, "run", "/bin/true") == "ok")
    #expect(try attempt(#"{"exec": true}"#, "kill") == "EPERM")
  }

  @Test("The lines are those of sb_read, limits last")
  func lines() throws {
    var limits = WorkerLimits()
    limits.memory = 1 << 28
    limits.threads = 8
    limits.cpuSeconds = 60
    limits.fileBytes = 4_096
    var permissions = Permissions(defaultsFor: "a")
    permissions.network = NetworkAccess(connect: .only([443]), listen: .any, unix: true)
    permissions.files.write = ["/var/a b"]
    permissions.exec = true
    let rules = SandboxRules(permissions, image: "/s/a.so", limits: limits, bestEffort: true)
    #expect(
      rules.lines.suffix(15) == [
        "read /proc/self", "write /dev/null", "read /s/a.so", "write /var/a b", "connect 443",
        "bind any", "unix", "exec", "best-effort", "limit data 268435456",
        "limit address-space 2751463424", "limit cpu 60", "limit threads 8", "limit files 1024",
        "limit file-size 4096",
      ])
    #expect(rules.text.hasSuffix("limit file-size 4096\nend\n"))
  }

  @Test("Rules for a file that was replaced, or came, are other rules")
  func replaced() throws {
    let folder = TemporaryDirectory()
    let path = folder.file("log")
    let permissions = #"{"files": {"read": ["\#(path)"]}}"#
    var former = try rules(permissions, image: "/usr/lib")
    for step in ["came", "was replaced"] {
      #expect(try rules(permissions, image: "/usr/lib") == former)
      try FileDescriptor.open(folder.file("new"), O_WRONLY | O_CREAT, mode: 0o600).write([1])
      #expect(unsafe rename(folder.file("new"), path) == 0)
      let next = try rules(permissions, image: "/usr/lib")
      #expect(next != former && next.lines == former.lines, "it \(step)")
      former = next
    }
    try FileDescriptor.open(path, O_WRONLY).write([2, 3])
    #expect(try rules(permissions, image: "/usr/lib") == former)
  }

  @Test("Limits come from the configuration")
  func configuration() throws {
    var loader = ConfigurationLoader()
    let text = """
      {isolation: {sandbox: "best-effort", limits: {memory: 67108864, cpuPercent: 50, threads: 4,
        cpuSeconds: 9, files: 32, fileBytes: 1024}}}
      """
    loader.add(file: Array(text.utf8), path: "dovetail.json")
    let configuration = try loader.load()
    #expect(configuration.sandbox == .bestEffort)
    var expected = WorkerLimits()
    expected.memory = 67_108_864
    expected.cpuPercent = 50
    expected.threads = 4
    expected.cpuSeconds = 9
    expected.files = 32
    expected.fileBytes = 1_024
    #expect(configuration.workerLimits == expected)
  }
}
