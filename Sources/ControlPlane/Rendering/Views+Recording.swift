public import PluginHost

extension Views {
  /// A record of the event log in one line.
  public static func recorded(_ record: RecordedEventReport, _ style: Style) -> String {
    let number = style.paint("\(record.number)", .dim)
    guard let event = record.event else {
      let count = record.missing ?? 0
      let cause = Printable.clean(record.cause ?? "")
      return "\(number)  \(style.paint("-- \(events(count)) missing here: \(cause)", .yellow))\n"
    }
    return "\(number)  \(self.event(event, style))"
  }

  /// How the recording stands, and what is held.
  public static func eventLog(_ log: EventLogReport, _ style: Style) -> String {
    func place(_ place: EventLogReport.Place?) -> String? {
      place.map { "number \($0.number), \($0.time)" }
    }
    let isRecording = log.state != "off"
    let unsynced = (log.newest?.number ?? 0) - min(log.synced, log.newest?.number ?? 0)
    let text = pairs(
      [
        ("state", log.state), ("problem", log.problem), ("folder", log.path),
        ("records", isRecording ? list(log.patterns, except: log.exclude) : nil),
        (
          "held",
          "\(events(log.count)), \(bytes(log.bytes)) of \(bytes(log.mostBytes)), in \(files(log.segments))"
        ),
        ("oldest", place(log.oldest)), ("newest", place(log.newest)),
        (
          "on the disk",
          log.newest == nil ? nil : unsynced == 0 ? "all" : "all but the last \(unsynced)"
        ),
        ("last sync", log.syncedAt),
        ("recorded", isRecording ? "\(log.recorded) since the start" : nil),
        ("lost", isRecording ? "\(log.lost)" : nil),
        ("queued", isRecording ? "\(log.queued)" : nil),
        ("replays", log.replays == 0 ? nil : "\(log.replays) running"),
        ("gave way", log.displaced == 0 ? nil : "\(log.displaced) to newer ones"),
      ], style)
    return text + section("damage:", log.damage, .yellow, style)
  }

  private static func files(_ count: Int) -> String { count == 1 ? "1 file" : "\(count) files" }

  private static func list(_ patterns: [String], except: [String]) -> String {
    let but = except.isEmpty ? "" : ", but not \(except.joined(separator: " "))"
    return patterns.joined(separator: " ") + but
  }

  /// How far a replay is, in one line without its end.
  static func replaying(_ progress: ReplayProgress) -> String {
    let all = progress.to + 1 - progress.from
    let done = progress.number + 1 - progress.from
    let percent = all == 0 ? 100 : done * 100 / all
    let detail = progress.detail.map { ", \(Printable.clean($0))" } ?? ""
    return
      "\(percent) %  record \(progress.number) of \(progress.to)  \(progress.published) replayed\(detail)"
  }

  /// What became of a replay.
  static func replayed(_ progress: ReplayProgress, isDry: Bool, _ style: Style) -> String {
    var text = ""
    for (topic, count) in progress.topics.sorted(by: { $0.key < $1.key }) {
      text += "\(Printable.clean(topic)): \(count)\n"
    }
    switch progress.state {
    case .done, .running, .waiting: break
    case .cancelled: text += style.paint("cancelled", .yellow) + " after "
    case .failed:
      text += style.paint("given up", .red) + ": \(Printable.clean(progress.detail ?? "")); "
    }
    text += "\(events(progress.published)) \(isDry ? "would be replayed" : "replayed")"
    text +=
      " of records \(progress.from) to \(progress.number), in \(decimal(progress.seconds, 1)) s"
    for (count, what) in [
      (progress.incomplete, "not taken by every subscriber"),
      (progress.missing, "missing in the log"),
      (progress.unreadable, "unreadable"),
    ] where count > 0 {
      text += "; " + style.paint("\(count) \(what)", .yellow)
    }
    return text + "\n"
  }

  private static func events(_ count: UInt64) -> String {
    count == 1 ? "1 event" : "\(count) events"
  }
}
