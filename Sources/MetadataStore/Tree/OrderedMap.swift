/// An immutable ordered map from keys to values that shares what it did not change with its predecessors.
///
/// A B+ tree with copied paths: a change copies about three nodes of at most 32 entries, whatever the size of the map.
struct OrderedMap<Value: Sendable>: Sendable {
  private let root: TreeNode<Value>
  /// How many entries there are.
  let count: Int

  /// The empty map.
  init() {
    root = TreeNode(entries: [])
    count = 0
  }

  private init(root: TreeNode<Value>, count: Int) {
    self.root = root
    self.count = count
  }

  /// The value at a key.
  subscript(key: String) -> Value? {
    var node = root
    while !node.isLeaf { node = node.children[node.childIndex(of: key)] }
    let (index, found) = node.entryIndex(of: key)
    return found ? node.entries[index].value : nil
  }

  /// The map with `value` at `key`.
  func setting(_ key: String, to value: Value) -> OrderedMap {
    let (node, sibling, added) = root.setting(TreeEntry(key: key, value: value))
    let newRoot = sibling.map { TreeNode(children: [node, $0]) } ?? node
    return OrderedMap(root: newRoot, count: added ? count + 1 : count)
  }

  /// The map without `key`; the same map when it has no such key.
  func removing(_ key: String) -> OrderedMap {
    guard let node = root.removing(key) else { return self }
    let newRoot = node.children.count == 1 ? node.children[0] : node
    return OrderedMap(root: newRoot, count: count - 1)
  }

  /// Calls `body` with each entry whose key begins with `prefix` and comes after `after`, in order of keys.
  ///
  /// - Parameters:
  ///   - prefix: Bytes that the keys begin with; empty for all.
  ///   - after: The key to begin behind, or `nil` to begin at the first.
  ///   - body: Returns whether to go on.
  /// - Throws: What `body` throws.
  func forEach<Failure: Error>(
    prefix: String, after: String?, _ body: (String, Value) throws(Failure) -> Bool
  ) throws(Failure) {
    let start = after.map { KeyOrder.compare($0, prefix) < 0 ? prefix : $0 } ?? prefix
    _ = try root.forEach(from: start) { (entry) throws(Failure) -> Bool in
      guard KeyOrder.has(entry.key, prefix: prefix) else { return false }
      if let after, KeyOrder.compare(entry.key, after) <= 0 { return true }
      return try body(entry.key, entry.value)
    }
  }
}
