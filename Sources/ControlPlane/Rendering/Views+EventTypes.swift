import HostSupport
public import PluginHost

extension Views {
  /// A row for each declaration.
  public static func eventTypes(_ types: [EventTypeReport], _ style: Style) -> String {
    guard !types.isEmpty else { return "nothing is declared of events\n" }
    var table = Table([
      ("TOPIC", .left), ("CONTENT TYPE", .left), ("FROM", .left), ("SCHEMA", .left),
      ("ENFORCED", .left), ("UNFIT", .right), ("SUMMARY", .left),
    ])
    for type in types {
      table.add([
        (type.topic, nil), (type.contentType.isEmpty ? "any" : type.contentType, nil),
        (type.plugin, nil), (type.schema == nil ? "-" : "yes", nil),
        (type.enforced ?? "-", nil),
        ("\(type.violations)", type.violations > 0 ? .red : nil), (type.summary, nil),
      ])
    }
    return table.text(style)
  }

  /// Everything that is declared of one topic, with the schemas.
  public static func eventTypes(
    _ types: [EventTypeReport], of topic: String, _ style: Style
  ) -> String {
    guard !types.isEmpty else {
      return "nothing is declared of \(Printable.clean(topic))\n"
    }
    return types.map { type in
      let schema = type.schema.map { schema in
        let lines = schema.text(pretty: true).split(separator: "\n")
          .map { Printable.clean(String($0)) }
        return "\(style.paint("schema:", .bold))\n\(lines.joined(separator: "\n"))\n"
      }
      return pairs(
        [
          ("topic", type.topic), ("from", type.plugin), ("summary", type.summary),
          ("content type", type.contentType), ("dataschema", type.dataschema),
          ("enforced", type.enforced ?? "nothing to enforce"), ("unfit", "\(type.violations)"),
          (
            "read by",
            type.subscribers.map { "\($0.plugin) '\($0.subscription)'" }.joined(separator: ", ")
          ),
        ], style) + (schema ?? "")
    }.joined(separator: "\n")
  }
}
