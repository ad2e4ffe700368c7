/// What a figure is called where it is kept: its name with its labels, as Prometheus has it.
extension MetricReport {
  /// Its name in Prometheus' text format: `dovetail_` before it, and nothing but letters, digits and underscores.
  public var seriesName: String {
    let own = Self.safe(name)
    return own.hasPrefix("dovetail_") ? own : "dovetail_\(own)"
  }

  /// The same with its labels by name, such as `dovetail_plugin_active{plugin="hello"}`.
  public var series: String {
    let labels = self.labels.sorted { $0.key < $1.key }
      .map { "\(Self.safe($0.key))=\"\(Self.escaped($0.value))\"" }
    return seriesName + (labels.isEmpty ? "" : "{\(labels.joined(separator: ","))}")
  }

  private static func safe(_ name: String) -> String {
    let name = String(
      name.map { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") ? $0 : "_" })
    return name.first?.isNumber == true ? "_\(name)" : name
  }

  private static func escaped(_ text: String) -> String {
    text.reduce(into: "") { result, character in
      switch character {
      case "\\", "\"": result += "\\\(character)"
      case "\n": result += "\\n"
      default: result.append(character)
      }
    }
  }
}
