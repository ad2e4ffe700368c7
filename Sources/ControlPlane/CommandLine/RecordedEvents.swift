import HostSupport
import PluginHost

/// Prints recorded events, as many pages of them as are asked for.
public enum RecordedEvents {
  /// Prints them, oldest first.
  ///
  /// - Parameter invocation: With `from`, `to`, `pattern` and `limit`.
  /// - Returns: `.ok`.
  /// - Throws: Why the host does not answer.
  public static func list(_ invocation: Invocation) throws(CommandFailure) -> ExitCode {
    var left = try invocation.integer("limit", 1...1_000_000) ?? 100
    if invocation.value("from") == nil, left > 1_000 {
      throw .usage("without --from at most the latest 1000 are shown")
    }
    var parameters: [String: JSON] = [:]
    for name in ["from", "to", "pattern"] {
      parameters[name] = invocation.value(name).map { .string($0) }
    }
    let client = try invocation.connect()
    var shown = 0
    do throws(ControlError) {
      while left > 0 {
        parameters["limit"] = .int(Int64(min(left, 1_000)))
        let page: RecordedEventsReport = try client.request(
          "events.log", parameters, milliseconds: invocation.milliseconds())
        for record in page.records { print(record, invocation) }
        shown += page.records.count
        left -= page.records.count
        guard let next = page.next else { break }
        parameters["from"] = .int(Int64(clamping: next))
        parameters["to"] = page.last.map { .int(Int64(clamping: $0)) } ?? parameters["to"]
      }
    } catch {
      throw CommandFailure(error)
    }
    if shown == 0, !invocation.json { Output.print("no such events are recorded\n") }
    return .ok
  }

  private static func print(_ record: RecordedEventReport, _ invocation: Invocation) {
    guard invocation.json else { return Output.print(Views.recorded(record, invocation.style)) }
    let line = (try? JSON(parsing: Array(Invocation.encoded(record).utf8)))?.text() ?? "null"
    Output.print(line + "\n")
  }
}
