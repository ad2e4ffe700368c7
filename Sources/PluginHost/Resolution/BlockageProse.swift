/// Tells why a plugin is blocked, from itself to the root.
struct BlockageProse {
  let ids: [String]
  let causes: [BlockageCause?]

  /// How many plugins of a chain are named before its middle is left out.
  private static let longestChain = 8

  func blockage(of node: Int) -> Blockage {
    let (path, root) = chain(from: node)
    let kind = causes[node]?.kind ?? .dependency
    let clause = causes[root]?.clause ?? "is blocked"
    var text = ids[node]
    if path.count > Self.longestChain {
      let middle = path.count - 2
      text += " requires \(ids[path[1]]), which needs \(ids[root]) by way of \(middle - 1) others"
      text += ", which \(clause)"
    } else {
      for other in path.dropFirst() { text += " requires \(ids[other]), which" }
      text += " \(clause)"
    }
    return Blockage(kind: kind, chain: text, fix: causes[root]?.fix ?? "", root: ids[root])
  }

  private func chain(from node: Int) -> (path: [Int], root: Int) {
    var path = [node]
    var last = node
    // Blame leads to plugins blocked earlier, so the chain ends.
    while let next = causes[last]?.culprit, path.count <= ids.count {
      path.append(next)
      last = next
    }
    return (path, last)
  }
}
