extension GraphReport {
  /// The graph in the language of Graphviz's `dot`, ending with a newline.
  public var dot: String {
    var lines = ["digraph dovetail {", "  rankdir=LR;", "  node [shape=box];"]
    for node in nodes {
      let label = node.version.isEmpty ? node.id : "\(node.id)\n\(node.version)"
      let color = GraphReport.color(of: node.state)
      lines.append("  \(quoted(node.id)) [label=\(quoted(label)), color=\(color)];")
    }
    for edge in edges {
      let style = edge.kind == "requires" ? "solid" : "dashed"
      let color = edge.satisfied ? "black" : "red"
      let label = edge.range.isEmpty ? edge.kind : "\(edge.kind) \(edge.range)"
      lines.append(
        "  \(quoted(edge.from)) -> \(quoted(edge.to)) "
          + "[label=\(quoted(label)), style=\(style), color=\(color)];")
    }
    return (lines + ["}", ""]).joined(separator: "\n")
  }

  private static func color(of state: String) -> String {
    switch state {
    case "active": "green"
    case "failed", "quarantined", "missing": "red"
    case "blocked": "orange"
    default: "gray"
    }
  }

  private func quoted(_ text: String) -> String {
    var result = "\""
    for character in text {
      switch character {
      case "\"", "\\": result += "\\\(character)"
      case "\n": result += "\\n"
      default: result.append(character)
      }
    }
    return result + "\""
  }
}
