import HostSupport
public import PluginHost

extension Views {
  /// What a host is configured with, beside what it was in the run before.
  public static func session(_ report: SessionReport, _ style: Style) -> String {
    let (run, before) = (report.run, report.before)
    var table = Table([("KEY", .left), ("THIS RUN", .left), ("RUN BEFORE", .left)])
    func add(_ key: String, _ now: String, _ then: String?) {
      table.add([
        (key, nil), (now, nil), (then ?? "", now == then || before == nil ? .dim : .yellow),
      ])
    }
    add("started", run.started, before?.started)
    add(
      "host", "\(run.name), dovetail \(run.version)",
      before.map { "\($0.name), dovetail \($0.version)" })
    add("pid", "\(run.pid)", before.map { "\($0.pid)" })
    let keys = Set(run.configuration.keys).union(before?.configuration.keys.map { $0 } ?? [])
    for key in keys.sorted() {
      add(key, text(run.configuration[key]), before.map { text($0.configuration[key]) })
    }
    return table.text(style)
  }

  private static func text(_ value: JSON?) -> String {
    value.map { Printable.clean($0.text()) } ?? "(default)"
  }
}
