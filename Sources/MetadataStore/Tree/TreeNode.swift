/// A node of a `SortedTree`: a leaf with elements, or an inner node with children and a lower bound of each.
///
/// A node is changed only by who holds the only reference to it, and to every node above it.
final class TreeNode<Element: Sendable>: @unchecked Sendable {
  // Safe: a node that two trees share is not changed by either.
  static var maximum: Int { 64 }
  static var minimum: Int { 20 }

  /// A leaf's elements, in order; of an inner node what no element of the child is before (the first one says nothing).
  var elements: ContiguousArray<Element>
  var children: ContiguousArray<TreeNode>
  /// Elements in all leaves below.
  var count: Int

  init(leaf elements: ContiguousArray<Element>) {
    self.elements = elements
    // Room for what is to come: an array that is just large enough would move with the next element.
    self.elements.reserveCapacity(Self.maximum + 1)
    children = []
    count = elements.count
  }

  init(bounds: ContiguousArray<Element>, children: ContiguousArray<TreeNode>) {
    elements = bounds
    self.children = children
    count = children.reduce(0) { $0 + $1.count }
  }

  private init(copying other: TreeNode) {
    elements = other.elements
    children = other.children
    count = other.count
  }

  func copy() -> TreeNode { TreeNode(copying: self) }

  var isLeaf: Bool { children.isEmpty }
  private var width: Int { isLeaf ? elements.count : children.count }

  /// Where an element stands to what is sought: negative before it, 0 at it, positive behind it.
  ///
  /// It is lent by its address: a copy would count a reference to a record that most comparisons do not look at.
  typealias Position = (UnsafePointer<Element>) -> Int

  /// The child in which an element at the position is, if any has it.
  @inline(__always)
  func childIndex(_ position: Position) -> Int {
    unsafe elements.withUnsafeBufferPointer { elements in
      guard let base = elements.baseAddress else { return 0 }
      var low = 1
      var high = elements.count
      while low < high {
        let middle = (low + high) / 2
        if unsafe position(base + middle) <= 0 { low = middle + 1 } else { high = middle }
      }
      return low - 1
    }
  }

  /// Where the first element is that is not before the position, and whether it is at it.
  @inline(__always)
  func elementIndex(_ position: Position) -> (index: Int, found: Bool) {
    unsafe elements.withUnsafeBufferPointer { elements in
      guard let base = elements.baseAddress else { return (0, false) }
      var low = 0
      var high = elements.count
      while low < high {
        let middle = (low + high) / 2
        let order = unsafe position(base + middle)
        if order == 0 { return (middle, true) }
        if order < 0 { low = middle + 1 } else { high = middle }
      }
      return (low, false)
    }
  }

  /// Puts an element in its place.
  ///
  /// - Returns: The element that was there, and the second half of the node when it became too wide.
  func insert(
    _ element: Element, _ position: Position
  ) -> (replaced: Element?, sibling: (bound: Element, node: TreeNode)?) {
    if isLeaf {
      let (index, found) = unsafe elementIndex(position)
      if found {
        let replaced = elements[index]
        elements[index] = element
        return (replaced, nil)
      }
      elements.insert(element, at: index)
      count += 1
      return (nil, split(at: index))
    }
    let index = unsafe childIndex(position)
    own(index)
    let (replaced, sibling) = unsafe children[index].insert(element, position)
    if replaced == nil { count += 1 }
    guard let sibling else { return (replaced, nil) }
    elements.insert(sibling.bound, at: index + 1)
    children.insert(sibling.node, at: index + 1)
    return (replaced, split(at: index + 1))
  }

  /// Takes an element out. The node may be too narrow afterwards.
  ///
  /// - Returns: The element, or `nil` when there is none at the position.
  func remove(_ position: Position) -> Element? {
    if isLeaf {
      let (index, found) = unsafe elementIndex(position)
      guard found else { return nil }
      count -= 1
      return elements.remove(at: index)
    }
    let index = unsafe childIndex(position)
    own(index)
    guard let removed = unsafe children[index].remove(position) else { return nil }
    count -= 1
    if children[index].width < Self.minimum, children.count > 1 {
      join(index == 0 ? 0 : index - 1)
    }
    return removed
  }

  private func own(_ index: Int) {
    if !isKnownUniquelyReferenced(&children[index]) { children[index] = children[index].copy() }
  }

  /// Halves the node when it is too wide. After an insertion at the end nearly all stays: elements that come in order fill nodes.
  private func split(at index: Int) -> (bound: Element, node: TreeNode)? {
    guard width > Self.maximum else { return nil }
    let middle = index == width - 1 ? width - 1 : width / 2
    let bound = elements[middle]
    let sibling =
      isLeaf
      ? TreeNode(leaf: ContiguousArray(elements[middle...]))
      : TreeNode(
        bounds: ContiguousArray(elements[middle...]), children: ContiguousArray(children[middle...])
      )
    elements.removeSubrange(middle...)
    if !isLeaf { children.removeSubrange(middle...) }
    count -= sibling.count
    return (bound, sibling)
  }

  /// Makes one child of two neighbours, or evens them out.
  private func join(_ index: Int) {
    own(index)
    let left = children[index]
    let right = children[index + 1]
    let bound = elements[index + 1]
    if left.isLeaf {
      left.elements += right.elements
    } else {
      left.elements.append(bound)
      left.elements += right.elements.dropFirst()
      left.children += right.children
    }
    left.count += right.count
    elements.remove(at: index + 1)
    children.remove(at: index + 1)
    if let sibling = left.split(at: 0) {
      elements.insert(sibling.bound, at: index + 1)
      children.insert(sibling.node, at: index + 1)
    }
  }
}
