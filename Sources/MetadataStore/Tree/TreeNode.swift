/// A key with its value, shared by every tree that holds it.
final class TreeEntry<Value: Sendable>: Sendable {
  let key: String
  let value: Value

  init(key: String, value: Value) {
    self.key = key
    self.value = value
  }
}

/// A node of an `OrderedMap`: a leaf with entries, or an inner node with children and the least key of each.
///
/// Immutable. But for the root, a node has at least `minimum` entries or children.
final class TreeNode<Value: Sendable>: Sendable {
  static var maximum: Int { 32 }
  static var minimum: Int { 12 }

  let entries: [TreeEntry<Value>]
  let children: [TreeNode]
  let leastKeys: [String]

  init(entries: [TreeEntry<Value>]) {
    self.entries = entries
    children = []
    leastKeys = []
  }

  convenience init(children: [TreeNode]) {
    self.init(children: children, leastKeys: children.map(\.leastKey))
  }

  /// A node whose least keys are known: asking every child for its own would touch them all.
  private init(children: [TreeNode], leastKeys: [String]) {
    entries = []
    self.children = children
    self.leastKeys = leastKeys
  }

  var isLeaf: Bool { children.isEmpty }
  private var width: Int { isLeaf ? entries.count : children.count }
  private var leastKey: String { isLeaf ? entries.first?.key ?? "" : leastKeys[0] }

  /// The child that holds `key` if any does.
  func childIndex(of key: String) -> Int {
    var low = 1
    var high = leastKeys.count
    while low < high {
      let middle = (low + high) / 2
      if KeyOrder.compare(leastKeys[middle], key) <= 0 { low = middle + 1 } else { high = middle }
    }
    return low - 1
  }

  /// Where `key` is among the entries, or where it would go.
  func entryIndex(of key: String) -> (index: Int, found: Bool) {
    var low = 0
    var high = entries.count
    while low < high {
      let middle = (low + high) / 2
      let order = KeyOrder.compare(entries[middle].key, key)
      if order == 0 { return (middle, true) }
      if order < 0 { low = middle + 1 } else { high = middle }
    }
    return (low, false)
  }

  /// The node with an entry set, split in two when it became too wide.
  func setting(
    _ entry: TreeEntry<Value>
  ) -> (node: TreeNode, sibling: TreeNode?, added: Bool) {
    if isLeaf {
      let (index, found) = entryIndex(of: entry.key)
      var copy = entries
      if found { copy[index] = entry } else { copy.insert(entry, at: index) }
      let (node, sibling) = Self.split(entries: copy)
      return (node, sibling, !found)
    }
    let index = childIndex(of: entry.key)
    let (child, childSibling, added) = children[index].setting(entry)
    var copy = children
    copy[index] = child
    guard let childSibling else {
      return (TreeNode(children: copy, leastKeys: keys(with: child, at: index)), nil, added)
    }
    copy.insert(childSibling, at: index + 1)
    let (node, sibling) = Self.split(children: copy)
    return (node, sibling, added)
  }

  /// The node without a key, or `nil` when it has no such key. The result may be too narrow.
  func removing(_ key: String) -> TreeNode? {
    if isLeaf {
      let (index, found) = entryIndex(of: key)
      guard found else { return nil }
      var copy = entries
      copy.remove(at: index)
      return TreeNode(entries: copy)
    }
    let index = childIndex(of: key)
    guard let child = children[index].removing(key) else { return nil }
    var copy = children
    copy[index] = child
    if child.width < Self.minimum, copy.count > 1 {
      let left = index == 0 ? 0 : index - 1
      copy.replaceSubrange(left...(left + 1), with: Self.joined(copy[left], copy[left + 1]))
      return TreeNode(children: copy)
    }
    return TreeNode(children: copy, leastKeys: keys(with: child, at: index))
  }

  /// The least keys after a child was replaced, which seldom changes them.
  private func keys(with child: TreeNode, at index: Int) -> [String] {
    let key = child.leastKey
    guard KeyOrder.compare(key, leastKeys[index]) != 0 else { return leastKeys }
    var copy = leastKeys
    copy[index] = key
    return copy
  }

  /// Calls `body` with each entry from `start` on until it returns false.
  func forEach<Failure: Error>(
    from start: String?, _ body: (TreeEntry<Value>) throws(Failure) -> Bool
  ) throws(Failure) -> Bool {
    if isLeaf {
      let first = start.map { entryIndex(of: $0).index } ?? 0
      for index in first..<entries.count where try !body(entries[index]) { return false }
      return true
    }
    let first = start.map(childIndex(of:)) ?? 0
    for index in first..<children.count {
      guard try children[index].forEach(from: index == first ? start : nil, body) else {
        return false
      }
    }
    return true
  }

  private static func split(entries: [TreeEntry<Value>]) -> (TreeNode, TreeNode?) {
    guard entries.count > maximum else { return (TreeNode(entries: entries), nil) }
    let middle = entries.count / 2
    return (
      TreeNode(entries: Array(entries[..<middle])), TreeNode(entries: Array(entries[middle...]))
    )
  }

  private static func split(children: [TreeNode]) -> (TreeNode, TreeNode?) {
    guard children.count > maximum else { return (TreeNode(children: children), nil) }
    let middle = children.count / 2
    return (
      TreeNode(children: Array(children[..<middle])),
      TreeNode(children: Array(children[middle...]))
    )
  }

  private static func joined(_ left: TreeNode, _ right: TreeNode) -> [TreeNode] {
    let (node, sibling) =
      left.isLeaf
      ? split(entries: left.entries + right.entries)
      : split(children: left.children + right.children)
    return sibling.map { [node, $0] } ?? [node]
  }
}
