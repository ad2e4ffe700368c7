/// Elements in order, as a value: a copy costs nothing, and only what is changed afterwards is copied.
///
/// A B+ tree whose nodes are changed in place as long as no copy shares them. What the order is says a `TreePosition`.
struct SortedTree<Element: Sendable>: @unchecked Sendable {
  // Safe: a node that two trees share is not changed by either.
  private var root: TreeNode<Element>
  /// How many levels there are above the leaves.
  private(set) var height = 0

  /// The empty tree.
  init() {
    root = .leaf()
  }

  /// A tree of elements that are in order already.
  init(sorted elements: some RandomAccessCollection<Element>) {
    var level = Self.cut(elements, TreeNode<Element>.leafMaximum).map { part in
      (bound: part[part.startIndex], node: TreeNode.leaf(part))
    }
    while level.count > 1 {
      level = Self.cut(level, TreeNode<Element>.innerMaximum).map { part in
        (
          part[part.startIndex].bound,
          .inner(part.map(\.bound), ContiguousArray(part.map(\.node)))
        )
      }
      height += 1
    }
    root = level.first?.node ?? .leaf()
  }

  /// Parts of nearly the most that a node has.
  private static func cut<Elements: RandomAccessCollection>(
    _ elements: Elements, _ maximum: Int
  ) -> [Elements.SubSequence] {
    var parts: [Elements.SubSequence] = []
    var rest = elements[...]
    while !rest.isEmpty {
      parts.append(rest.prefix(maximum * 7 / 8))
      rest = rest.dropFirst(maximum * 7 / 8)
    }
    return parts
  }

  /// How many elements there are.
  var count: Int { root.count }

  /// The element at a position.
  func find(_ position: some TreePosition<Element>) -> Element? {
    var node = root
    while !node.isLeaf {
      node = unsafe node.child(node.childIndex { unsafe position.order(of: $0) })
    }
    let (index, found) = unsafe node.elementIndex { unsafe position.order(of: $0) }
    return found ? unsafe node.lent[index] : nil
  }

  /// About how many elements stand between two positions, found without counting those between: exact when they are few.
  ///
  /// - Parameters:
  ///   - start: The position of the first one.
  ///   - end: The position behind the last one.
  /// - Returns: 0 when the end is before the start.
  func estimate(from start: (Element) -> Int, to end: (Element) -> Int) -> Int {
    var node = root
    while !node.isLeaf {
      let first = unsafe node.childIndex { unsafe start($0.pointee) }
      let last = unsafe node.childIndex { unsafe end($0.pointee) }
      guard first <= last else { return 0 }
      if first < last {
        let head = node.child(first)
        return head.count - Self.estimate(head, start)
          + Self.estimate(node, children: (first + 1)..<last)
          + Self.estimate(node.child(last), end)
      }
      node = node.child(first)
    }
    let first = unsafe node.elementIndex { unsafe start($0.pointee) }.index
    let last = unsafe node.elementIndex { unsafe end($0.pointee) }.index
    return max(0, last - first)
  }

  /// About how many elements of a node stand before a position.
  private static func estimate(
    _ node: TreeNode<Element>, _ position: (Element) -> Int
  ) -> Int {
    var node = node
    var before = 0
    while !node.isLeaf {
      let index = unsafe node.childIndex { unsafe position($0.pointee) }
      before += estimate(node, children: 0..<index)
      node = node.child(index)
    }
    return unsafe before + node.elementIndex { unsafe position($0.pointee) }.index
  }

  /// About how many elements some of a node's children have.
  private static func estimate(_ node: TreeNode<Element>, children: Range<Int>) -> Int {
    // Nodes are nearly as wide as their neighbours; looking at each would cost more than the answer is worth.
    children.count > 8
      ? children.count * node.count / node.width
      : children.reduce(0) { $0 + node.child($1).count }
  }

  /// Puts an element in its place.
  ///
  /// - Returns: The element that was there.
  @discardableResult
  mutating func insert(_ element: Element, _ position: some TreePosition<Element>) -> Element? {
    if !isKnownUniquelyReferenced(&root) { root = root.copy() }
    let (replaced, sibling) = root.insert(element, position)
    if let sibling {
      root = .inner([sibling.bound, sibling.bound], [root, sibling.node])
      height += 1
    }
    return replaced
  }

  /// Takes an element out.
  ///
  /// - Returns: The element, or `nil` when there is none at the position.
  @discardableResult
  mutating func remove(_ position: some TreePosition<Element>) -> Element? {
    if !isKnownUniquelyReferenced(&root) { root = root.copy() }
    let removed = root.remove(position)
    if !root.isLeaf, root.width == 1 {
      root = root.child(0)
      height -= 1
    }
    return removed
  }

  /// Changes every element in place; their order must stay.
  mutating func rewrite(_ body: (inout Element) -> Void) {
    if !isKnownUniquelyReferenced(&root) { root = root.copy() }
    root.rewrite(body)
  }

  /// The first element.
  var first: Element? {
    var node = root
    while !node.isLeaf { node = node.child(0) }
    return unsafe node.lent.first
  }

  /// The last element.
  var last: Element? {
    var node = root
    while !node.isLeaf { node = node.child(node.width - 1) }
    return unsafe node.lent.last
  }

  /// Some elements, or former ones, from all over the tree: at most as many as a node has.
  var samples: UnsafeBufferPointer<Element> { unsafe root.lent }

  /// Calls `body` with elements in order, from the first that is not before a position, until it returns false.
  ///
  /// - Parameters:
  ///   - start: The position; `nil` for the first element.
  ///   - body: Returns whether to go on.
  /// - Throws: What `body` throws.
  func forEach<Failure: Error>(
    from start: ((Element) -> Int)? = nil, _ body: (Element) throws(Failure) -> Bool
  ) throws(Failure) {
    _ = try Self.forEach(root, from: start, body)
  }

  /// Calls `body` with elements in reverse order, from the last that is before a position, until it returns false.
  ///
  /// - Parameters:
  ///   - end: The position; `nil` for behind the last element.
  ///   - body: Returns whether to go on.
  /// - Throws: What `body` throws.
  func forEachReversed<Failure: Error>(
    before end: ((Element) -> Int)? = nil, _ body: (Element) throws(Failure) -> Bool
  ) throws(Failure) {
    _ = try Self.forEachReversed(root, before: end, body)
  }

  /// Calls `body` with elements in order, those of a leaf at a time, until it returns false.
  ///
  /// - Parameters:
  ///   - start: The position of the first one.
  ///   - body: Returns whether to go on.
  func forEachLeaf(
    from start: @escaping (Element) -> Int, _ body: (UnsafeBufferPointer<Element>) -> Bool
  ) {
    _ = unsafe Self.forEachLeaf(root, from: start, body)
  }

  /// Calls `body` with elements, those of a leaf at a time, the last leaf first, until it returns false.
  ///
  /// - Parameters:
  ///   - end: The position behind the last one.
  ///   - body: Returns whether to go on; it is given the elements of a leaf in order.
  func forEachLeafReversed(
    before end: @escaping (Element) -> Int, _ body: (UnsafeBufferPointer<Element>) -> Bool
  ) {
    _ = unsafe Self.forEachLeafReversed(root, before: end, body)
  }

  private static func forEachLeaf(
    _ node: TreeNode<Element>, from start: ((Element) -> Int)?,
    _ body: (UnsafeBufferPointer<Element>) -> Bool
  ) -> Bool {
    if node.isLeaf {
      let first =
        start.map { position in unsafe node.elementIndex { unsafe position($0.pointee) }.index }
        ?? 0
      return unsafe first == node.width
        || body(UnsafeBufferPointer(rebasing: node.lent[first...]))
    }
    let first =
      start.map { position in unsafe node.childIndex { unsafe position($0.pointee) } } ?? 0
    for index in first..<node.width {
      guard unsafe forEachLeaf(node.child(index), from: index == first ? start : nil, body) else {
        return false
      }
    }
    return true
  }

  private static func forEachLeafReversed(
    _ node: TreeNode<Element>, before end: ((Element) -> Int)?,
    _ body: (UnsafeBufferPointer<Element>) -> Bool
  ) -> Bool {
    if node.isLeaf {
      let count =
        end.map { position in unsafe node.elementIndex { unsafe position($0.pointee) }.index }
        ?? node.width
      return unsafe count == 0 || body(UnsafeBufferPointer(rebasing: node.lent[..<count]))
    }
    let last =
      end.map { position in unsafe node.childIndex { unsafe position($0.pointee) } } ?? node.width
      - 1
    for index in stride(from: last, through: 0, by: -1) {
      guard
        unsafe forEachLeafReversed(node.child(index), before: index == last ? end : nil, body)
      else { return false }
    }
    return true
  }

  private static func forEach<Failure: Error>(
    _ node: TreeNode<Element>, from start: ((Element) -> Int)?,
    _ body: (Element) throws(Failure) -> Bool
  ) throws(Failure) -> Bool {
    if node.isLeaf {
      let first =
        start.map { position in unsafe node.elementIndex { unsafe position($0.pointee) }.index }
        ?? 0
      for index in first..<node.width where try unsafe !body(node.lent[index]) {
        return false
      }
      return true
    }
    let first =
      start.map { position in unsafe node.childIndex { unsafe position($0.pointee) } } ?? 0
    for index in first..<node.width {
      guard try forEach(node.child(index), from: index == first ? start : nil, body) else {
        return false
      }
    }
    return true
  }

  private static func forEachReversed<Failure: Error>(
    _ node: TreeNode<Element>, before end: ((Element) -> Int)?,
    _ body: (Element) throws(Failure) -> Bool
  ) throws(Failure) -> Bool {
    if node.isLeaf {
      var index =
        end.map { position in unsafe node.elementIndex { unsafe position($0.pointee) }.index }
        ?? node.width
      while index > 0 {
        index -= 1
        guard try unsafe body(node.lent[index]) else { return false }
      }
      return true
    }
    let last =
      end.map { position in unsafe node.childIndex { unsafe position($0.pointee) } } ?? node.width
      - 1
    for index in stride(from: last, through: 0, by: -1) {
      guard
        try forEachReversed(node.child(index), before: index == last ? end : nil, body)
      else { return false }
    }
    return true
  }
}
