import Glibc
import HostSupport
import PluginHost

/// Lets a host move its records to another provider, and shows how far it is.
public enum Switching {
  /// Switches and waits until it is over; the host carries it through also when this process ends.
  ///
  /// - Parameter invocation: With the provider as its operand.
  /// - Returns: `.ok` when the new provider is in charge.
  /// - Throws: Why it did not begin, or where the connection broke.
  public static func run(_ invocation: Invocation) throws(CommandFailure) -> ExitCode {
    let client = try invocation.connect()
    do throws(ControlError) {
      let _: JSON = try client.request(
        "meta.switch", ["provider": .string(invocation.operand(0))],
        milliseconds: invocation.milliseconds())
      return try follow(client, invocation)
    } catch {
      throw CommandFailure(error)
    }
  }

  private static func follow(
    _ client: ControlClient, _ invocation: Invocation
  ) throws(ControlError) -> ExitCode {
    let isTerminal = isatty(2) == 1 && !invocation.json
    while let (kind, parameters) = try client.nextNotification(until: .never) {
      guard kind == "meta.switch",
        let progress = try? parameters["progress"]?.decoded(SwitchProgress.self)
      else { continue }
      if invocation.json { Output.print((parameters["progress"]?.text() ?? "null") + "\n") }
      guard progress.isOver else {
        if isTerminal { Output.complain("\r\(line(progress))\u{1B}[K") }
        continue
      }
      if isTerminal { Output.complain("\r\u{1B}[K") }
      if !invocation.json { Output.print(line(progress) + "\n") }
      return progress.state == .done ? .ok : .failed
    }
    throw .broken("the host ended before the switch did")
  }

  /// One moment in one line.
  static func line(_ progress: SwitchProgress) -> String {
    let detail = progress.detail.map { "; \($0)" } ?? ""
    return switch progress.state {
    case .copying: "\(progress.records) of \(progress.total) records copied"
    case .verifying: "\(progress.records) of \(progress.total) records read back"
    case .done:
      "\(progress.records) records are with \(progress.provider) now, read back with checksum "
        + "\(progress.checksum ?? "?")\(detail)"
    case .failed: "the records stay with \(progress.provider)\(detail)"
    }
  }
}
