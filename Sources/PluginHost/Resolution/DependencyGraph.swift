/// A directed graph over numbered nodes, in which an edge leads from a node to one that must come before it.
struct DependencyGraph {
  /// For each node, the nodes that must come before it.
  private(set) var edges: [[Int]]

  init(nodes: Int) {
    edges = Array(repeating: [], count: nodes)
  }

  mutating func add(from node: Int, to earlier: Int) {
    edges[node].append(earlier)
  }

  /// The nodes that come after each node.
  var reversed: [[Int]] {
    var result = Array(repeating: [Int](), count: edges.count)
    for node in edges.indices {
      for earlier in edges[node] { result[earlier].append(node) }
    }
    return result
  }

  /// For each node, the number of its strongly connected component (Tarjan's algorithm, without recursion).
  func components() -> [Int] {
    var search = ComponentSearch(nodes: edges.count)
    for node in edges.indices { search.visit(node, edges) }
    return search.component
  }

  /// Groups of nodes that reach each other: only those of two or more, or of one that has an edge to itself.
  func cycles() -> [[Int]] {
    let component = components()
    var members: [Int: [Int]] = [:]
    for node in edges.indices { members[component[node], default: []].append(node) }
    return members.values
      .filter { $0.count > 1 || edges[$0[0]].contains($0[0]) }
      .sorted { $0[0] < $1[0] }
  }

  /// The shortest way from a node back to itself, within some nodes; the node is first and not repeated at the end.
  func shortestCycle(through start: Int, within members: Set<Int>) -> [Int] {
    var cameFrom: [Int: Int] = [:]
    var queue = [start]
    var next = 0
    while next < queue.count {
      let node = queue[next]
      next += 1
      for earlier in edges[node].sorted() where members.contains(earlier) {
        if earlier == start { return path(to: node, from: start, cameFrom) }
        guard cameFrom[earlier] == nil else { continue }
        cameFrom[earlier] = node
        queue.append(earlier)
      }
    }
    return [start]
  }

  private func path(to end: Int, from start: Int, _ cameFrom: [Int: Int]) -> [Int] {
    var path = [end]
    var node = end
    while node != start, let previous = cameFrom[node] {
      path.append(previous)
      node = previous
    }
    return path.reversed()
  }

  /// All wanted nodes, each after those that it leads to, smallest number first where the choice is free.
  ///
  /// The graph must have no cycle among the wanted nodes.
  func order(of wanted: [Int]) -> [Int] {
    let later = reversed
    var waiting = edges.map(\.count)
    var ready = MinimumQueue()
    for node in wanted where waiting[node] == 0 { ready.insert(node) }
    var result: [Int] = []
    result.reserveCapacity(wanted.count)
    while let node = ready.popSmallest() {
      result.append(node)
      for dependent in later[node] {
        waiting[dependent] -= 1
        if waiting[dependent] == 0 { ready.insert(dependent) }
      }
    }
    return result
  }
}

/// The state of Tarjan's algorithm.
private struct ComponentSearch {
  var component: [Int]
  private var index: [Int]
  private var low: [Int]
  private var stack: [Int] = []
  private var nextIndex = 0
  private var nextComponent = 0

  init(nodes: Int) {
    component = Array(repeating: -1, count: nodes)
    index = component
    low = component
  }

  mutating func visit(_ root: Int, _ edges: [[Int]]) {
    guard index[root] < 0 else { return }
    var calls: [(node: Int, edge: Int)] = []
    enter(root, &calls)
    while let (node, edge) = calls.last {
      guard edge < edges[node].count else {
        leave(node)
        calls.removeLast()
        if let parent = calls.last?.node { low[parent] = min(low[parent], low[node]) }
        continue
      }
      calls[calls.count - 1].edge += 1
      let other = edges[node][edge]
      if index[other] < 0 {
        enter(other, &calls)
      } else if component[other] < 0 {
        low[node] = min(low[node], index[other])
      }
    }
  }

  private mutating func enter(_ node: Int, _ calls: inout [(node: Int, edge: Int)]) {
    index[node] = nextIndex
    low[node] = nextIndex
    nextIndex += 1
    stack.append(node)
    calls.append((node, 0))
  }

  private mutating func leave(_ node: Int) {
    guard low[node] == index[node] else { return }
    while let member = stack.popLast() {
      component[member] = nextComponent
      if member == node { break }
    }
    nextComponent += 1
  }
}

/// Numbers of which the smallest comes out first.
private struct MinimumQueue {
  /// Sorted, the smallest last.
  private var numbers: [Int] = []

  mutating func insert(_ number: Int) {
    var low = 0
    var high = numbers.count
    while low < high {
      let middle = (low + high) / 2
      if numbers[middle] > number { low = middle + 1 } else { high = middle }
    }
    numbers.insert(number, at: low)
  }

  mutating func popSmallest() -> Int? { numbers.popLast() }
}
