/// The last operations that concern a subscription.
struct History: Sendable {
  struct Entry: Sendable {
    let what: StaticString
    let thread: String
    let operation: Int
    let generation: UInt32
    let event: StressEvent.Seen?
  }

  private static let most = 24
  private var entries: [Entry] = []
  private var next = 0

  mutating func note(
    _ what: StaticString, by thread: StressThread, generation: UInt32 = 0,
    _ event: StressEvent.Seen? = nil
  ) {
    let entry = Entry(
      what: what, thread: thread.name, operation: thread.operations, generation: generation,
      event: event)
    if entries.count < Self.most { entries.append(entry) } else { entries[next] = entry }
    next = (next + 1) % Self.most
  }

  /// One line an entry, oldest first.
  var text: String {
    let ordered = entries.count < Self.most ? entries : Array(entries[next...] + entries[..<next])
    return ordered.map { entry in
      let event = entry.event.map {
        " \($0.identity) attempt \($0.attempt)\($0.isRedelivered ? " again" : "")"
      }
      return "    \(entry.thread), operation \(entry.operation), generation \(entry.generation): "
        + "\(entry.what)\(event ?? "")"
    }.joined(separator: "\n")
  }
}
