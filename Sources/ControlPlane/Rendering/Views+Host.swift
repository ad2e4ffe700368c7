public import PluginHost

extension Views {
  /// Everything that a host says of itself.
  public static func host(_ host: HostReport, _ style: Style) -> String {
    let counts = host.counts.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }
    let safeMode = host.safeMode.map { "\($0.level) since \($0.since): \($0.cause)" }
    let held = (host.safeMode?.heldBack ?? []).joined(separator: ", ")
    let text = pairs(
      [
        ("name", host.name), ("version", host.version), ("pid", "\(host.pid)"),
        ("uptime", span(host.uptimeSeconds)), ("state", host.stateDirectory),
        ("socket", host.socket), ("plugins", host.pluginDirectories.joined(separator: ", ")),
        ("watching", host.watching ? "yes" : "no"), ("counts", counts.joined(separator: ", ")),
        ("memory", bytes(host.residentBytes)),
        ("retired", "\(host.retiredImages) images, \(bytes(host.retiredBytes))"),
        ("supervisor", host.supervision.map(supervisor)), ("safe mode", safeMode),
        ("held back", held),
      ], style)
    return text + section("degraded:", host.degraded, .yellow, style)
  }

  private static func supervisor(_ report: SupervisionReport) -> String {
    let times = report.restarts == 1 ? "1 restart" : "\(report.restarts) restarts"
    return "pid \(report.pid), \(times)"
      + (report.lastDeath.map { "; the host before died: \($0)" } ?? "")
  }

  /// Whether a host is in safe mode, and what that means.
  public static func safeMode(_ report: SafeModeReport?, _ style: Style) -> String {
    guard let report else { return "the host is not in safe mode\n" }
    return pairs(
      [
        ("level", report.level), ("since", report.since), ("cause", report.cause),
        ("by hand", report.byHand ? "for this run" : nil),
        ("held back", report.heldBack.joined(separator: ", ")),
      ], style)
      + "\(style.paint("fix:", .bold)) correct what it died of, then: dovetail safe-mode leave\n"
  }

  /// What came of leaving safe mode.
  public static func safeModeLeft(_ report: SafeModeReport, _ style: Style) -> String {
    let rest = report.heldBack.map { Printable.clean($0) }.joined(separator: ", ")
    return "left safe mode (\(report.level))\n"
      + (rest.isEmpty ? "" : "not running: \(rest); see `dovetail why`\n")
  }
}
