public import HostSupport

/// The dead letters that a command line names: ids, a topic, or all.
public enum DeadLetterInput {
  /// The arguments of commands that act on dead letters.
  public static let operands = [Operand("ID", optional: true), Operand("…", optional: true)]

  /// The flags of commands that act on dead letters.
  public static let options = [
    Option("topic", value: "PATTERN", "all whose topic the pattern matches"),
    Option("all", "all there are"),
  ]

  /// The parameters of the request.
  ///
  /// - Throws: A usage failure when not exactly one of the three ways is taken.
  public static func parameters(
    _ invocation: Invocation
  ) throws(CommandFailure) -> [String: JSON] {
    let ids = invocation.arguments.operands
    switch (ids.isEmpty, invocation.value("topic"), invocation.has("all")) {
    case (false, nil, false): return ["ids": .array(try ids.map(number))]
    case (true, let topic?, false): return ["topic": .string(topic)]
    case (true, nil, true): return ["all": .bool(true)]
    default:
      throw .usage("dovetail \(invocation.command.name) needs either IDs, --topic or --all")
    }
  }

  /// The number of a dead letter.
  public static func number(_ text: String) throws(CommandFailure) -> JSON {
    guard let id = Int64(text), id > 0 else {
      throw .usage(
        "\"\(Printable.clean(text))\" is not the number of a dead letter",
        advice: "see `dovetail events dead list`")
    }
    return .int(id)
  }
}
