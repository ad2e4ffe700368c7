import HostSupport
import PluginHost

/// Prints what a host notifies of, until it ends, the time is over or enough was seen.
public enum Following {
  /// Prints the latest events that the host still holds.
  public static func recent(
    _ invocation: Invocation, pattern: String
  ) throws(CommandFailure) -> ExitCode {
    let limit = try invocation.integer("limit", 1...10_000) ?? 100
    let events: [EventReport] = try invocation.request(
      "events.recent", ["pattern": .string(pattern), "limit": .int(Int64(limit))])
    for event in events { print(event, invocation) }
    return .ok
  }

  /// Prints every event from now on.
  public static func events(
    _ invocation: Invocation, pattern: String
  ) throws(CommandFailure) -> ExitCode {
    try follow("events.follow", ["pattern": .string(pattern)], invocation) { parameters in
      guard let event = try? parameters["event"]?.decoded(EventReport.self) else { return }
      print(event, invocation)
    }
  }

  /// Prints every event from now on, and the gaps in their topics' numbers.
  public static func tap(
    _ invocation: Invocation, pattern: String
  ) throws(CommandFailure) -> ExitCode {
    var gaps = SequenceGaps()
    return try follow("events.follow", ["pattern": .string(pattern)], invocation) { parameters in
      guard let event = try? parameters["event"]?.decoded(EventReport.self) else { return }
      let (gap, isLate) = gaps.note(event)
      if let gap { print(gap, invocation) }
      if isLate, !invocation.json { Output.print(invocation.style.paint("late: ", .yellow)) }
      print(event, invocation)
    }
  }

  private static func print(_ gap: SequenceGaps.Gap, _ invocation: Invocation) {
    guard invocation.json else { return Output.print(Views.gap(gap, invocation.style)) }
    Output.print(
      JSON.object([
        "gap": .object([
          "type": .string(gap.type), "from": .int(Int64(clamping: gap.from)),
          "to": .int(Int64(clamping: gap.to)),
        ])
      ]).text() + "\n")
  }

  /// Prints every change of records from now on.
  public static func records(_ invocation: Invocation) throws(CommandFailure) -> ExitCode {
    var parameters: [String: JSON] = [
      "collection": .string(invocation.operand(0)), "prefix": .string(invocation.operand(1)),
    ]
    parameters["from"] = try invocation.integer("from", 0...(.max)).map { .int(Int64($0)) }
    return try follow("meta.watch", parameters, invocation) { parameters in
      guard let record = try? parameters["record"]?.decoded(RecordReport.self) else { return }
      Output.print(
        invocation.json
          ? (parameters["record"]?.text() ?? "null") + "\n"
          : Views.change(record, invocation.style))
    }
  }

  private static func follow(
    _ method: String, _ parameters: [String: JSON], _ invocation: Invocation,
    _ show: (JSON) -> Void
  ) throws(CommandFailure) -> ExitCode {
    let wanted = try invocation.integer("count", 1...1_000_000_000)
    let deadline =
      invocation.has("timeout")
      ? Deadline.after(milliseconds: invocation.milliseconds()) : Deadline.never
    let client = try invocation.connect()
    do {
      let _: JSON = try client.request(
        method, parameters, milliseconds: invocation.milliseconds())
      var seen = 0
      while seen < wanted ?? .max {
        guard let (kind, parameters) = try client.nextNotification(until: deadline) else { break }
        if kind == "stream.lost" {
          let count = parameters["count"]?.int ?? 0
          Output.complain("dovetail: \(count) were lost because this command was too slow\n")
        } else {
          show(parameters)
          seen += 1
        }
      }
      if let wanted, seen < wanted { return deadline.hasPassed ? .timeout : .noHost }
      return deadline.hasPassed || wanted == seen ? .ok : .noHost
    } catch {
      throw CommandFailure(error)
    }
  }

  private static func print(_ event: EventReport, _ invocation: Invocation) {
    if invocation.json {
      let line = (try? JSON(parsing: Array(Invocation.encoded(event).utf8)))?.text() ?? "null"
      return Output.print(line + "\n")
    }
    Output.print(Views.event(event, invocation.style))
  }
}
