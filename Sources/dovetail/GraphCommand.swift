import ControlPlane
import PluginHost

let graphCommand = Command(
  "graph", "show which plugin depends on which",
  options: [Option("dot", "print the language of Graphviz's dot")],
  example: "dovetail graph --dot | dot -Tsvg > plugins.svg"
) { invocation throws(CommandFailure) in
  let graph: GraphReport = try invocation.request("plugins.graph")
  invocation.show(graph) { invocation.has("dot") ? graph.dot : Views.graph(graph, $0) }
  return .ok
}
