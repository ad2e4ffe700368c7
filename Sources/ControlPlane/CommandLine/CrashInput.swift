public import HostSupport

/// The crash report that a command line names.
public enum CrashInput {
  /// The number of a report.
  ///
  /// - Parameter text: What was typed.
  /// - Returns: The number.
  /// - Throws: A usage failure when it is none.
  public static func number(_ text: String) throws(CommandFailure) -> JSON {
    guard let id = Int64(text), id > 0 else {
      throw .usage(
        "\"\(Printable.clean(text))\" is not the number of a crash report",
        advice: "see `dovetail crashes list`")
    }
    return .int(id)
  }
}
