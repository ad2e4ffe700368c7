import Glibc
import HostSupport

/// The host, as a process of its own in a fresh directory.
final class HostChild {
  /// The fresh directory.
  let folder: String
  /// The folder that the host watches.
  var plugins: String { "\(folder)/plugins" }
  /// Where it listens.
  var socket: String { "\(folder)/state/control.sock" }
  /// Its process id.
  private(set) var pid: pid_t = 0
  private var status: Int32?

  /// Makes the directory. The corresponding C function is `mkdtemp`.
  init() throws(DemoError) {
    let base = unsafe getenv("TMPDIR").map { unsafe String(cString: $0) } ?? "/tmp"
    var template = Array("\(base)/dovetail-demo-XXXXXX".utf8CString)
    guard let made = unsafe mkdtemp(&template) else {
      throw DemoError("no directory can be made in \(base): error \(errno); set TMPDIR")
    }
    folder = unsafe String(cString: made)
    for name in ["plugins", "state"] { unsafe mkdir("\(folder)/\(name)", 0o700) }
  }

  /// Starts the host with a configuration. The corresponding C function is `posix_spawn`.
  func start(_ dovetail: String, configuration: JSON) throws(DemoError) {
    let file = "\(folder)/dovetail.json"
    do throws(SystemError) {
      let output = try FileDescriptor.open(file, O_WRONLY | O_CREAT | O_TRUNC)
      try output.write(Array(configuration.text(pretty: true).utf8))
    } catch {
      throw DemoError("\(error)")
    }
    let arguments = [
      dovetail, "run", "--config", file, "--plugins", plugins, "--state", "\(folder)/state",
      "--watch", "--log-format", "text",
    ]
    var raw: [UnsafeMutablePointer<CChar>?] = unsafe arguments.map { unsafe strdup($0) } + [nil]
    defer { unsafe raw.forEach { unsafe free($0) } }
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    unsafe posix_spawn_file_actions_addopen(
      &actions, 1, "\(folder)/log", O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    unsafe posix_spawn_file_actions_adddup2(&actions, 1, 2)
    let code = unsafe posix_spawn(&pid, dovetail, &actions, nil, &raw, environ)
    guard code == 0 else { throw DemoError("\(dovetail) cannot be started: error \(code)") }
  }

  /// The exit status once the host has ended, `nil` while it runs. The corresponding C function is `waitpid`.
  var ended: Int32? {
    if let status { return status }
    var raw: Int32 = 0
    guard pid > 0, waitpidNow(&raw) == pid else { return nil }
    status = raw & 0x7F == 0 ? (raw >> 8) & 0xFF : 128 + raw & 0x7F
    return status
  }

  private func waitpidNow(_ raw: inout Int32) -> pid_t { unsafe waitpid(pid, &raw, WNOHANG) }

  /// Lines of `/proc/PID/maps` that name a file.
  func mappings(of file: String) throws(DemoError) -> Int {
    let text = try Shell.run("cat \"$1\"", "/proc/\(pid)/maps")
    return text.split(separator: "\n").count { $0.contains(file) }
  }

  /// Waits ten milliseconds.
  func waitBriefly() { poll(nil, 0, 10) }

  /// Ends the host at once, if it still runs.
  func kill() {
    guard pid > 0, ended == nil else { return }
    Glibc.kill(pid, SIGKILL)
    while waitpid(pid, nil, 0) < 0, errno == EINTR {}
  }

  /// Removes the directory.
  func removeFolder() throws(DemoError) { _ = try Shell.run("rm -rf -- \"$1\"", folder) }
}
