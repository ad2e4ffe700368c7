import CHostSupport
import Glibc
import HostSupport
public import PluginHost

/// What a supervisor tells the host that it starts, as JSON in a variable of its environment.
public struct SupervisedStart: Sendable, Equatable {
  /// The variable's name.
  public static let variable = "DOVETAIL_SUPERVISED"

  /// The descriptor on which the host tells how it is.
  public var link: Int32
  /// Milliseconds between two signs of life.
  public var beatMilliseconds: Int
  /// What a client of the host is told.
  public var report: SupervisionReport

  /// Describes a start.
  public init(link: Int32, beatMilliseconds: Int, report: SupervisionReport) {
    self.link = link
    self.beatMilliseconds = beatMilliseconds
    self.report = report
  }

  /// Reads the variable's text; `nil` for what no supervisor wrote.
  init?(_ text: String) {
    guard let json = try? JSON(parsing: text.utf8), let link = json["link"]?.int,
      let pid = json["pid"]?.int, let beat = json["beat"]?.int
    else { return nil }
    self.init(
      link: Int32(clamping: link), beatMilliseconds: Int(clamping: beat),
      report: SupervisionReport(
        pid: Int32(clamping: pid), restarts: Int(clamping: json["restarts"]?.int ?? 0),
        lastDeath: json["lastDeath"]?.string))
  }

  /// The variable's text.
  var text: String {
    var members: [String: JSON] = [
      "link": .int(Int64(link)), "pid": .int(Int64(report.pid)),
      "beat": .int(Int64(beatMilliseconds)), "restarts": .int(Int64(report.restarts)),
    ]
    if let death = report.lastDeath { members["lastDeath"] = .string(death) }
    return JSON.object(members).text()
  }

  /// Takes the variable out of the process's environment, so that programs that plugins start do not take themselves for the
  /// host, and has this process ended (SIGTERM) when its supervisor dies. Call it once, before there are other threads.
  ///
  /// - Parameter environment: The process's environment.
  /// - Returns: `nil` when no supervisor started this process.
  /// - Throws: A failure when the supervisor is gone already.
  public static func adopt(
    _ environment: [String: String]
  ) throws(CommandFailure) -> SupervisedStart? {
    guard let start = environment[variable].flatMap(SupervisedStart.init) else { return nil }
    unsafe unsetenv(variable)
    _ = fcntl(start.link, F_SETFD, FD_CLOEXEC)
    guard hs_die_with_parent(SIGTERM, start.report.pid) == 0 else {
      let reason = SystemError("prctl").reason
      throw CommandFailure(
        .failed, "failed", "the supervisor (pid \(start.report.pid)) is gone: \(reason)",
        advice: "start it again with `dovetail run --supervise`")
    }
    return start
  }
}
