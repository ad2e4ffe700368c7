import Glibc
import HostSupport
import TestSupport
import Testing

@Suite("What a sandbox refuses and what it lets through")
struct SandboxCallTests {
  @Test("Everything that a worker needs works under the narrowest rules")
  func permitted() throws {
    let probe = try SandboxProbe([], "permitted")
    #expect(probe.outcome == "ok", "\(probe.message)")
  }

  @Test(
    "Without network, exec or write, each of these fails",
    arguments: [
      ("tcp", "EPERM"), ("udp", "EPERM"), ("raw", "EPERM"), ("netlink", "EPERM"),
      ("unix", "EPERM"), ("datagram-pair", "EPERM"), ("mptcp", "EPERM"), ("fork", "EPERM"),
      ("vfork-call", "EPERM"), ("clone3", "ENOSYS"), ("ptrace", "EPERM"),
      ("read-memory", "EPERM"), ("kill", "EPERM"), ("probe-kill", "EPERM"),
      ("kill-group", "EPERM"), ("queue", "EPERM"), ("pidfd", "EPERM"),
      ("own-io-signals", "EPERM"), ("limit-other", "EPERM"), ("renice-other", "EPERM"),
      ("outlive", "EPERM"), ("unshare", "EPERM"), ("new-session", "EPERM"), ("mount", "EPERM"),
      ("bpf", "EPERM"), ("io_uring", "EPERM"), ("keyctl", "EPERM"), ("shmget", "EPERM"),
    ])
  func refused(action: String, error: String) throws {
    #expect(try SandboxProbe([], action).outcome == error)
  }

  #if arch(x86_64)
    @Test("System calls of another kind of machine fail", arguments: ["x32", "i386"])
    func otherMachines(action: String) throws {
      #expect(try SandboxProbe([], action).outcome != "ok")
    }
  #endif

  @Test("A program cannot be started without exec, and with it is under the same rules")
  func exec() throws {
    let programs = ["read /bin", "read /usr/bin"]
    #expect(try SandboxProbe(programs, "exec", "/bin/true").outcome == "EPERM")
    #expect(try SandboxProbe(programs, "run", "/bin/true").outcome == "EPERM")
    #expect(try SandboxProbe(programs + ["exec"], "run", "/bin/true").outcome == "ok")
    #expect(try SandboxProbe(["exec"], "run", "/bin/true").outcome == "EACCES")
    #expect(try SandboxProbe(programs + ["exec"], "kill").outcome == "EPERM")
    #expect(try SandboxProbe(programs + ["exec"], "unshare").outcome == "EPERM")
    // The probe starts itself: what lies below no path of the rules is not started.
    let own = "\(Program.buildFolder)/sandbox-probe"
    #expect(try SandboxProbe(programs + ["exec"], "run", own).outcome == "EACCES")
  }

  @Test("Files are opened as the rules say")
  func files() throws {
    let folder = TemporaryDirectory()
    for name in ["read", "written", "other"] {
      let file = try FileDescriptor.open(folder.file(name), O_WRONLY | O_CREAT)
      try file.write(Array("before".utf8))
    }
    let rules = ["read \(folder.file("read"))", "write \(folder.file("written"))"]
    let table = [
      ("read", "read", "ok"), ("read", "written", "ok"), ("read", "other", "EACCES"),
      ("write", "read", "EACCES"), ("write", "written", "ok"), ("write", "other", "EACCES"),
      ("truncate", "read", "EACCES"), ("create", "new", "EACCES"), ("remove", "other", "EACCES"),
      ("chmod", "written", "EPERM"), ("utimes", "other", "EPERM"), ("touch", "written", "ok"),
      ("fchmod", "written", "ok"), ("truncate", "written", "ok"),
    ]
    for (action, name, outcome) in table {
      let probe = try SandboxProbe(rules, action, folder.file(name))
      #expect(probe.outcome == outcome, "\(action) \(name): \(probe.message)")
    }
    #expect(try SandboxProbe([rules[0]], "fchmod", folder.file("read")).outcome == "EPERM")
    #expect(try SandboxProbe([], "read", "/etc/passwd").outcome == "EACCES")
    #expect(try SandboxProbe([], "write", "/usr/lib/os-release").outcome == "EACCES")
  }

  @Test("Below a writable folder files are made and removed, and a link leads nowhere else")
  func folders() throws {
    let folder = TemporaryDirectory()
    let outside = TemporaryDirectory()
    _ = try FileDescriptor.open(outside.file("secret"), O_WRONLY | O_CREAT)
    let linked = unsafe symlink(outside.file("secret"), folder.file("link"))
    #expect(linked == 0)
    let rules = ["write \(folder.path)"]
    #expect(try SandboxProbe(rules, "create", folder.file("new")).outcome == "ok")
    #expect(try SandboxProbe(rules, "remove", folder.file("new")).outcome == "ok")
    #expect(try SandboxProbe(rules, "read", folder.file("link")).outcome == "EACCES")
  }

  @Test("A path that does not exist is left out and named")
  func missingPath() throws {
    let probe = try SandboxProbe(["read /nowhere/at/all"], "nothing")
    #expect(probe.outcome == "ok")
    #expect(
      probe.message == "sandbox: /nowhere/at/all is left out: No such file or directory\n")
  }

  @Test("TCP goes to the ports of the rules only")
  func ports() throws {
    // Nobody listens on these: where there is no permission, the answer is another.
    #expect(try SandboxProbe(["connect 1"], "connect", "1").outcome == "ECONNREFUSED")
    #expect(try SandboxProbe(["connect 1"], "connect", "2").outcome == "EACCES")
    #expect(try SandboxProbe(["connect any"], "connect", "2").outcome == "ECONNREFUSED")
    #expect(try SandboxProbe(["connect 1"], "fast-open", "2").outcome == "EPERM")
    #expect(try SandboxProbe(["connect 1"], "listen", "0").outcome == "EACCES")
    #expect(try SandboxProbe(["bind any"], "listen", "0").outcome == "ok")
    #expect(try SandboxProbe(["bind 43817"], "listen", "43818").outcome == "EACCES")
    let listening = try SandboxProbe(["bind 43817"], "listen", "43817").outcome
    #expect(["ok", "EADDRINUSE"].contains(listening))
    #expect(try SandboxProbe(["bind any"], "connect", "1").outcome == "EACCES")
    #expect(try SandboxProbe(["connect any"], "mptcp").outcome == "EPERM")
    #expect(try SandboxProbe(["connect any", "bind any"], "udp").outcome == "EPERM")
  }

  @Test("Datagrams and unix sockets each have a rule of their own")
  func otherSockets() throws {
    #expect(try SandboxProbe(["udp"], "udp").outcome == "ok")
    #expect(try SandboxProbe(["udp"], "tcp").outcome == "EPERM")
    #expect(try SandboxProbe(["udp"], "raw").outcome == "EPERM")
    #expect(try SandboxProbe(["udp", "connect any"], "udp").outcome == "ok")
    #expect(try SandboxProbe(["udp", "connect any"], "tcp").outcome == "ok")
    #expect(try SandboxProbe(["unix"], "unix-connect", "/nowhere").outcome == "ENOENT")
    #expect(try SandboxProbe(["unix"], "udp").outcome == "EPERM")
  }

  @Test("Root's powers are gone", .enabled(if: geteuid() == 0))
  func root() throws {
    #expect(try SandboxProbe([], "setuid").outcome == "EPERM")
  }

  @Test("A library of a permitted folder is loaded, another is not")
  func libraries() throws {
    #expect(try SandboxProbe([], "dlopen", "libm.so.6").outcome == "ok")
    let swift = try #require(swiftCore)
    let folder = String(swift[..<(swift.lastIndex(of: "/") ?? swift.endIndex)])
    let probe = try SandboxProbe(["read \(folder)"], "dlopen", swift)
    #expect(probe.outcome == "ok", "\(probe.message)")
    let copy = TemporaryDirectory(executable: true)
    let copied = Program.run(["/bin/cp", swift, copy.file("libcopy.so")])
    #expect(copied.status == 0)
    #expect(try SandboxProbe([], "dlopen", copy.file("libcopy.so")).outcome == "ELIBACC")
  }

  /// Where the Swift runtime of this process lies.
  private var swiftCore: String? {
    guard let maps = try? FileDescriptor.open("/proc/self/maps", O_RDONLY),
      let bytes = try? maps.read(4 << 20, at: 0)
    else { return nil }
    return String(decoding: bytes, as: UTF8.self).split(separator: "\n")
      .first { $0.hasSuffix("/libswiftCore.so") }
      .flatMap { $0.split(separator: " ").last.map(String.init) }
  }
}
