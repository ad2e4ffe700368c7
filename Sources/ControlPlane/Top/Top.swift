import Glibc
import HostSupport

/// Shows what a host does, again and again.
public enum Top {
  /// Shows it until it is ended, the host ends, or often enough.
  ///
  /// - Parameter invocation: With `interval`, `count` and `once`.
  /// - Returns: `.ok`.
  /// - Throws: Why the host does not answer.
  public static func run(_ invocation: Invocation) throws(CommandFailure) -> ExitCode {
    let interval = try invocation.integer("interval", 100...60_000) ?? 1_000
    let count = try invocation.integer("count", 1...1_000_000_000)
    let client = try invocation.connect()
    do throws(ControlError) {
      let first = try TopSample(client, milliseconds: invocation.milliseconds())
      guard !invocation.has("once") else {
        pause(interval)
        let second = try TopSample(client, milliseconds: invocation.milliseconds())
        let report = TopReport(from: first, to: second)
        invocation.show(report) { Views.top(report, rows: .max, $0) }
        return .ok
      }
      if !invocation.json, let terminal = LiveTerminal() {
        try live(terminal, first, client, invocation, interval: interval, count: count ?? .max)
      } else {
        try lines(first, client, invocation, interval: interval, count: count ?? .max)
      }
      return .ok
    } catch {
      throw CommandFailure(error)
    }
  }

  private static func live(
    _ terminal: LiveTerminal, _ first: TopSample, _ client: ControlClient,
    _ invocation: Invocation, interval: Int, count: Int
  ) throws(ControlError) {
    defer { terminal.restore() }
    try? SignalWaiter.start { _ in
      terminal.restore()
      exit(ExitCode.ok.rawValue)
    }
    var before = first
    for _ in 0..<count {
      if terminal.isEnded(until: .after(milliseconds: interval)) { return }
      let now = try TopSample(client, milliseconds: invocation.milliseconds())
      // Four tables with a heading and a blank line each, and three lines above.
      let rows = max(1, (terminal.height - 3 - 4 * 2) / 4)
      terminal.draw(
        Views.top(TopReport(from: before, to: now), rows: rows, invocation.style))
      before = now
    }
  }

  private static func lines(
    _ first: TopSample, _ client: ControlClient, _ invocation: Invocation, interval: Int,
    count: Int
  ) throws(ControlError) {
    var before = first
    for _ in 0..<count {
      pause(interval)
      let now = try TopSample(client, milliseconds: invocation.milliseconds())
      let report = TopReport(from: before, to: now)
      let json = (try? JSON(parsing: Array(Invocation.encoded(report).utf8)))?.text() ?? "null"
      Output.print(invocation.json ? json + "\n" : Views.topLine(report))
      before = now
    }
  }

  private static func pause(_ milliseconds: Int) {
    _ = poll(nil, 0, Int32(milliseconds))
  }
}
