import Glibc
import HostSupport
import PluginHost

/// Lets a host replay recorded events, and shows how far it is.
public enum Replaying {
  /// Replays until all is done; the host ends it when this process ends.
  ///
  /// - Parameter invocation: With `from`, `to`, `match`, `into`, `to-plugin`, `speed`, `dry-run` and `progress`.
  /// - Returns: `.ok` when everything was replayed.
  /// - Throws: Why it did not begin, or where the connection broke.
  public static func run(_ invocation: Invocation) throws(CommandFailure) -> ExitCode {
    var parameters: [String: JSON] = [
      "pattern": .string(invocation.value("match") ?? ">"),
      "dryRun": .bool(invocation.has("dry-run")),
    ]
    for name in ["from", "to", "into", "speed"] {
      parameters[name] = invocation.value(name).map { .string($0) }
    }
    parameters["plugin"] = invocation.value("to-plugin").map { .string($0) }
    let client = try invocation.connect()
    do throws(ControlError) {
      let _: JSON = try client.request(
        "events.replay", parameters, milliseconds: invocation.milliseconds())
      return try follow(client, invocation)
    } catch {
      throw CommandFailure(error)
    }
  }

  private static func follow(
    _ client: ControlClient, _ invocation: Invocation
  ) throws(ControlError) -> ExitCode {
    let isTerminal = isatty(2) == 1 && !invocation.json
    let showsProgress = isTerminal || invocation.has("progress")
    while let (kind, parameters) = try client.nextNotification(until: .never) {
      guard kind == "events.replay",
        let progress = try? parameters["progress"]?.decoded(ReplayProgress.self)
      else { continue }
      if invocation.json { Output.print((parameters["progress"]?.text() ?? "null") + "\n") }
      guard progress.isOver else {
        guard showsProgress, !invocation.json else { continue }
        let line = Views.replaying(progress)
        Output.complain(isTerminal ? "\r\(line)\u{1B}[K" : "\(line)\n")
        continue
      }
      if isTerminal { Output.complain("\r\u{1B}[K") }
      if !invocation.json {
        Output.print(
          Views.replayed(progress, isDry: invocation.has("dry-run"), invocation.style))
      }
      return progress.state == .done ? .ok : .failed
    }
    throw .broken("the host ended before the replay did")
  }
}
