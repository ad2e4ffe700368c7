public import HostSupport
public import PluginHost

extension Views {
  /// A sentence in a line of its own.
  public static func line(_ sentence: String) -> String { Printable.clean(sentence) + "\n" }

  /// A line for each change of a record, newest first.
  public static func history(_ changes: [RecordReport], _ style: Style) -> String {
    guard !changes.isEmpty else { return "no change of it is held\n" }
    var table = Table([
      ("REVISION", .right), ("CHANGE", .left), ("VERSION", .right), ("VALUE", .left),
    ])
    for change in changes {
      table.add([
        ("\(change.revision ?? change.modified)", nil),
        (change.change ?? "", change.deleted ? .red : nil),
        (change.deleted ? "-" : "\(change.version)", nil),
        (change.deleted ? "" : short(change.value), nil),
      ])
    }
    return table.text(style)
  }

  /// What a query found: records, or rows with the columns of the query.
  public static func found(_ rows: [JSON], _ columns: JSON?, _ style: Style) -> String {
    guard !rows.isEmpty else { return "nothing was found\n" }
    guard let names = columns?.array?.compactMap(\.string) else {
      var table = Table([("KEY", .left), ("VERSION", .right), ("VALUE", .left)])
      for row in rows {
        table.add([
          (row["key"]?.string ?? "", nil), (row["version"]?.text() ?? "", nil),
          (short(row["value"] ?? .null), nil),
        ])
      }
      return table.text(style)
    }
    var table = Table(names.map { ($0, .left) })
    for row in rows {
      table.add(names.map { name in (row[name].map { cell($0) } ?? "-", nil) })
    }
    return table.text(style)
  }

  private static func cell(_ value: JSON) -> String {
    if let text = value.string { return text }
    // A double that JSON would read back as an integer, and a date.
    return value["$double"]?.string ?? value["$date"]?.string ?? short(value)
  }

  private static func short(_ value: JSON) -> String {
    let text = value.text()
    return text.count > 200 ? String(text.prefix(200)) + "…" : text
  }

  /// What the store holds and has done.
  public static func metadata(_ report: MetadataReport, _ style: Style) -> String {
    let snapshots = report.pluginSnapshots.sorted { $0.key < $1.key }.map {
      "\($0.key) \($0.value)"
    }
    let head = pairs(
      [
        ("provider", report.provider), ("records", usage(report)),
        ("revision", "\(report.revision)"),
        (
          "since the start",
          "\(report.reads) reads, \(report.writes) writes, \(report.conflicts) conflicts"
        ),
        ("watches", "\(report.watches)"),
        ("history", "every change after revision \(report.heldAfter)"),
        ("expiring", report.expiring > 0 ? "\(report.expiring)" : nil),
        ("unsaved", unsaved(report)),
        ("saving failed", report.saveFailure),
        ("snapshots", snapshots.isEmpty ? nil : snapshots.joined(separator: ", ")),
        ("exports", report.operatorSnapshots > 0 ? "\(report.operatorSnapshots)" : nil),
      ], style)
    let tables = [collections(report, style), validators(report, style)].filter { !$0.isEmpty }
    return ([head] + tables).joined(separator: "\n")
  }

  private static func usage(_ report: MetadataReport) -> String {
    let records = report.mostRecords.map { " of at most \($0)" } ?? ""
    let memory = report.mostBytes.map { " of at most \(bytes($0))" } ?? ""
    return "\(report.records)\(records), \(bytes(report.bytes))\(memory)"
  }

  private static func unsaved(_ report: MetadataReport) -> String? {
    guard report.unsaved > 0 else { return nil }
    return "\(report.unsaved) transactions, the oldest for \(Int(report.unsavedSeconds)) s"
  }

  private static func collections(_ report: MetadataReport, _ style: Style) -> String {
    guard !report.collections.isEmpty else { return "" }
    var table = Table([
      ("COLLECTION", .left), ("RECORDS", .right), ("MEMORY", .right), ("DEFINITION", .right),
      ("INDEXES", .left),
    ])
    for one in report.collections {
      table.add([
        (one.name, nil), ("\(one.records)", nil), (bytes(one.bytes), nil),
        (one.definition.map { "\($0)" } ?? "-", nil), (one.indexes.joined(separator: ", "), nil),
      ])
    }
    return table.text(style)
  }

  private static func validators(_ report: MetadataReport, _ style: Style) -> String {
    guard !report.validators.isEmpty else { return "" }
    var table = Table([
      ("VALIDATOR", .left), ("COLLECTIONS", .left), ("REVIEWS", .right), ("AMENDED", .right),
      ("VETOED", .right), ("LATE", .right), ("FAILED", .right), ("UNSEEN", .right),
      ("STATE", .left),
    ])
    for one in report.validators {
      table.add([
        (one.name, nil), (one.pattern, nil), ("\(one.reviews)", nil), ("\(one.amendments)", nil),
        ("\(one.vetoes)", nil), ("\(one.overruns)", nil), ("\(one.failures)", nil),
        ("\(one.skipped)", nil),
        (one.isSuspended ? "suspended" : "asked", one.isSuspended ? .red : nil),
      ])
    }
    return table.text(style)
  }

  /// What a definition would mean for the records that are there.
  public static func check(_ report: JSON, _ style: Style) -> String {
    let misfits = report["misfits"]?.int ?? 0
    let rewritten = report["rewritten"]?.int ?? 0
    var text = pairs(
      [
        ("verdict", report["verdict"]?.string), ("records", report["records"]?.text()),
        ("rewritten", rewritten > 0 ? "\(rewritten)" : nil), ("misfits", "\(misfits)"),
      ], style)
    for misfit in report["first"]?.array ?? [] {
      let reasons = misfit["reasons"]?.array?.compactMap(\.string) ?? []
      for reason in reasons {
        text += "  \(Printable.clean(misfit["key"]?.string ?? "")): \(Printable.clean(reason))\n"
      }
    }
    return text
  }

  /// What an import would not take, a line each.
  static func refusals(_ report: ImportReport) -> String {
    let lines = report.refusals.map { "line \($0.place): \(Printable.clean($0.reason))\n" }
    let more = report.refused - report.refusals.count
    return lines.joined() + (more > 0 ? "and \(more) more\n" : "")
  }
}
