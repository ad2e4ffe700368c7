import HostSupport
import PluginHost

/// Asks a host's metadata store questions, page by page.
public enum MetadataQuerying {
  /// The flags that give a query its values.
  public static let options: [Option] = [
    Option(
      "param", value: "NAME=VALUE", "the value of :NAME: JSON, or text; =VALUE fills the next ?",
      repeats: true)
  ]

  /// Prints what a query finds.
  ///
  /// - Parameter invocation: With the query as its operand, `param`, and `explain`.
  /// - Returns: `.ok`.
  /// - Throws: What is wrong with the query.
  public static func run(_ invocation: Invocation) throws(CommandFailure) -> ExitCode {
    let client = try invocation.connect()
    var parameters = try parameters(invocation)
    var seen = 0
    var found: [JSON] = []
    do throws(ControlError) {
      while true {
        parameters["seen"] = .int(Int64(seen))
        let page: JSON = try client.request(
          "meta.query", parameters, milliseconds: invocation.milliseconds())
        let rows = page["rows"]?.array ?? page["records"]?.array ?? []
        seen += rows.count
        if invocation.json {
          for row in rows { Output.print(row.text() + "\n") }
        } else {
          found += rows
        }
        if let cursor = page["cursor"] {
          parameters["after"] = cursor
          continue
        }
        if !invocation.json { Output.print(Views.found(found, page["columns"], invocation.style)) }
        break
      }
      if invocation.has("explain") {
        Output.complain(try plan(client, parameters, invocation).text + "\n")
      }
      return .ok
    } catch {
      throw CommandFailure(error)
    }
  }

  /// Prints how a query would be run.
  ///
  /// - Parameter invocation: With the query as its operand, and `param`.
  /// - Returns: `.ok`.
  /// - Throws: What is wrong with the query.
  public static func explain(_ invocation: Invocation) throws(CommandFailure) -> ExitCode {
    let parameters = try parameters(invocation)
    do throws(ControlError) {
      let report = try plan(try connect(invocation), parameters, invocation)
      invocation.show(report.plan) { _ in report.text + "\n" }
      return .ok
    } catch {
      throw CommandFailure(error)
    }
  }

  private static func connect(_ invocation: Invocation) throws(ControlError) -> ControlClient {
    try ControlClient(socket: invocation.location.socket)
  }

  private static func plan(
    _ client: ControlClient, _ parameters: [String: JSON], _ invocation: Invocation
  ) throws(ControlError) -> QueryPlanReport {
    try client.request(
      "meta.explain", parameters.filter { $0.key == "query" || $0.key == "parameters" },
      milliseconds: invocation.milliseconds())
  }

  private static func parameters(
    _ invocation: Invocation
  ) throws(CommandFailure) -> [String: JSON] {
    var named: [String: JSON] = [:]
    var positional: [JSON] = []
    for text in invocation.values("param") {
      guard let equals = text.firstIndex(of: "=") else {
        throw .usage(
          "--param takes NAME=VALUE, not \"\(Printable.clean(text))\"",
          advice: "write =VALUE for a ? of the query")
      }
      let name = String(text[..<equals])
      let given = String(text[text.index(after: equals)...])
      let value = (try? JSON(parsing: Array(given.utf8))) ?? .string(given)
      if name.isEmpty { positional.append(value) } else { named[name] = value }
    }
    guard named.isEmpty || positional.isEmpty else {
      throw .usage("a query has values by name or in order, not both")
    }
    var parameters: [String: JSON] = ["query": .string(invocation.operand(0))]
    if !named.isEmpty { parameters["parameters"] = .object(named) }
    if !positional.isEmpty { parameters["parameters"] = .array(positional) }
    return parameters
  }
}
