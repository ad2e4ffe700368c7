import HostSupport
public import PluginHost

extension Views {
  /// One event in one line.
  public static func event(_ event: EventReport, _ style: Style) -> String {
    var parts = [style.paint(Printable.clean(event.time ?? "-"), .dim)]
    parts.append(style.paint(Printable.clean(event.type), .bold))
    parts.append(Printable.clean(event.source))
    if let subject = event.subject { parts.append("subject=\(Printable.clean(subject))") }
    for (name, value) in event.extensions.sorted(by: { $0.key < $1.key }) {
      parts.append("\(Printable.clean(name))=\(Printable.clean(value))")
    }
    let bytes = event.payload.bytes
    if let text = String(validating: bytes, as: UTF8.self), !text.isEmpty {
      parts.append(Printable.clean(String(text.prefix(512))) + (text.count > 512 ? "…" : ""))
    } else if !bytes.isEmpty {
      parts.append("(\(Views.bytes(bytes.count)))")
    }
    return parts.joined(separator: "  ") + "\n"
  }

  /// Where an event went.
  public static func published(_ report: PublishReport, _ style: Style) -> String {
    let receivers =
      switch report.deliveries {
      case 0: "nobody received it"
      case 1: "1 subscription received it"
      default: "\(report.deliveries) subscriptions received it"
      }
    let number = report.sequence > 0 ? " as number \(report.sequence)" : ""
    return "published \(Printable.clean(report.type))\(number): \(receivers)\n"
  }

  /// A row for each record.
  public static func records(_ records: [RecordReport], _ style: Style) -> String {
    guard !records.isEmpty else { return "no such records\n" }
    var table = Table([("KEY", .left), ("VERSION", .right), ("REVISION", .right), ("VALUE", .left)])
    for record in records {
      let value = record.value.text()
      let shown = value.count > 200 ? String(value.prefix(200)) + "…" : value
      table.add([
        (record.key, nil), ("\(record.version)", nil), ("\(record.modified)", nil), (shown, nil),
      ])
    }
    return table.text(style)
  }

  /// A change in one line.
  public static func change(_ record: RecordReport, _ style: Style) -> String {
    let place = "\(Printable.clean(record.collection))/\(Printable.clean(record.key))"
    guard !record.deleted else {
      return "\(record.modified)  \(style.paint(place, .bold))  \(style.paint("removed", .red))\n"
    }
    return "\(record.modified)  \(style.paint(place, .bold))  version \(record.version)"
      + "  \(Printable.clean(record.value.text()))\n"
  }

  /// A row for each figure.
  public static func metrics(_ metrics: [MetricReport], _ style: Style) -> String {
    guard !metrics.isEmpty else { return "there are no figures\n" }
    var table = Table([("NAME", .left), ("VALUE", .right), ("LABELS", .left)])
    for metric in metrics {
      let labels = metric.labels.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
      table.add([
        (metric.name, nil), (number(metric.value), nil), (labels.joined(separator: " "), .dim),
      ])
    }
    return table.text(style)
  }

  /// The figures in Prometheus' text format.
  public static func prometheus(_ metrics: [MetricReport]) -> String {
    var text = ""
    var seen: Set<String> = []
    for metric in metrics.sorted(by: { $0.name < $1.name }) {
      let name = metric.seriesName
      if seen.insert(name).inserted { text += "# TYPE \(name) \(metric.kind.rawValue)\n" }
      text += "\(metric.series) \(number(metric.value))\n"
    }
    return text
  }

  /// A row for each sample.
  public static func history(_ history: MetricHistoryReport, _ style: Style) -> String {
    guard !history.samples.isEmpty else {
      return "no sample of \(Printable.clean(history.series)) is kept of that time\n"
    }
    var table = Table([("TIME", .left), ("VALUE", .right)])
    for sample in history.samples { table.add([(sample.time, nil), (number(sample.value), nil)]) }
    let omitted = history.omitted == 0 ? "" : "\(history.omitted) earlier samples are not shown\n"
    return table.text(style) + omitted
  }

  private static func number(_ value: Double) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
    return value == value.rounded() && abs(value) < 1e15 ? "\(Int64(value))" : "\(value)"
  }

  /// What a file is, and what a host would do with it.
  public static func inspect(_ report: InspectReport, _ style: Style) -> String {
    let manifest = report.manifest
    let image = report.image
    let text = pairs(
      [
        ("file", report.path), ("size", bytes(report.bytes)), ("hash", report.contentHash),
        ("trust", report.trust),
        ("id", manifest?["id"]?.string), ("version", manifest?["version"]?.string),
        ("description", manifest?["description"]?.string),
        ("toolchain", manifest?["toolchain"]?.string), ("manifest", report.manifestSource),
        ("image", image.map { "\($0.machine), \($0.bits) bits" }), ("soname", image?.soname),
        ("build id", image?.buildID), ("needs", image?.needed.joined(separator: ", ")),
        ("runpath", image?.runpath), ("exports", image.map { exports($0.exports) }),
        ("constructors", image.map { "\($0.constructors)" }),
        ("on unload", report.unload.map(unload)),
      ], style)
    let verdict =
      report.refusal.map { "\(style.paint("refused:", .red)) \(Printable.clean($0))\n" }
      ?? "\(style.paint("a host would load it", .green))\n"
    return text + section("warnings:", report.warnings, .yellow, style) + verdict
  }

  private static func exports(_ names: [String]) -> String {
    let shown = names.prefix(8).joined(separator: ", ")
    return names.count > 8 ? "\(shown), … (\(names.count))" : shown
  }

  /// A line for each check, its fix below it.
  public static func doctor(_ checks: [DoctorCheck], _ style: Style) -> String {
    checks.map { check in
      let paint: Style.Paint =
        switch check.outcome {
        case .ok: .green
        case .warn: .yellow
        case .fail: .red
        }
      let label = check.outcome.rawValue
      let gap = String(repeating: " ", count: 4 - label.utf8.count)
      let fix = check.fix.map { "\n      fix: \(Printable.clean($0))" } ?? ""
      return "\(style.paint(label, paint))\(gap)  \(check.name): \(Printable.clean(check.finding))"
        + fix + "\n"
    }.joined()
  }
}
