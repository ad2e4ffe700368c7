import Glibc
import HostSupport
import PluginHost

extension Doctor {
  /// A host that answered.
  struct Reached {
    let report: HostReport
    let quarantine: [QuarantineReport]
  }

  /// Asks the host at the socket; that there is none is no fault.
  func reachHost() -> (DoctorCheck, Reached?) {
    let name = "control socket"
    guard unsafe access(location.socket, F_OK) == 0 else {
      return (DoctorCheck(name, .ok, "\(location.socket) is not there: no host runs"), nil)
    }
    do {
      let client = try ControlClient(socket: location.socket)
      let report: HostReport = try client.request("host.info", milliseconds: 2_000)
      let builds: [QuarantineReport] = try client.request("quarantine.list", milliseconds: 2_000)
      let finding = "host \"\(report.name)\" answers (pid \(report.pid), \(report.version))"
      return (DoctorCheck(name, .ok, finding), Reached(report: report, quarantine: builds))
    } catch .noHost {
      return (
        DoctorCheck(
          name, .warn, "\(location.socket) was left behind by a host that is gone",
          fix: "nothing: the next `dovetail run` replaces it"), nil
      )
    } catch {
      return (DoctorCheck(name, .fail, error.message, fix: error.advice), nil)
    }
  }

  /// What a running host says of itself.
  func running(_ host: Reached) -> [DoctorCheck] {
    var checks: [DoctorCheck] = []
    if host.report.version != HostVersion.text {
      checks.append(
        DoctorCheck(
          "version", .warn,
          "the host is \(host.report.version), this command \(HostVersion.text)",
          fix: "restart the host with this version"))
    }
    if let safeMode = host.report.safeMode {
      checks.append(
        DoctorCheck(
          "safe mode", .warn, "\(safeMode.level) since \(safeMode.since): \(safeMode.cause)",
          fix: "correct what it died of, then: dovetail safe-mode leave"))
    }
    for reason in host.report.degraded where !reason.hasPrefix("safe mode") {
      checks.append(
        DoctorCheck("host", .warn, reason, fix: "see `dovetail list` and the host's log"))
    }
    for build in host.quarantine {
      checks.append(
        DoctorCheck(
          "quarantine", .warn, "\(build.plugin) \(build.contentHash.prefix(12)): \(build.cause)",
          fix: "dovetail quarantine why \(build.contentHash.prefix(12))"))
    }
    return checks + [retired(host.report)]
  }

  private func retired(_ report: HostReport) -> DoctorCheck {
    let finding =
      "\(report.retiredImages) retired images hold \(Views.bytes(report.retiredBytes))"
    guard let warning = report.retiredWarning else {
      return DoctorCheck("retired images", .ok, finding)
    }
    return DoctorCheck(
      "retired images", .warn, warning,
      fix: "restart the host at the next good moment, or raise retiredBudget")
  }
}
