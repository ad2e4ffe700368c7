/// What a node of a `SortedTree` says before its elements.
struct TreeNodeHeader<Element: Sendable> {
  /// Elements in this node.
  var width: Int
  /// Elements in all leaves below, or in this leaf.
  var count: Int
  /// Of an inner node as many as elements; of a leaf none.
  var children: ContiguousArray<TreeNode<Element>>
}

/// A node of a `SortedTree`, in one piece of memory: a leaf with elements, or an inner node with children and a lower bound of each.
///
/// The elements of an inner node are what no element of the child is before; the first one says nothing. A node is changed only by
/// who holds the only reference to it, and to every node above it.
final class TreeNode<Element: Sendable>: ManagedBuffer<TreeNodeHeader<Element>, Element> {
  // Safe: the first `width` elements are initialized.
  static var leafMaximum: Int { 32 }
  static var innerMaximum: Int { 64 }

  /// A leaf without elements.
  static func leaf() -> TreeNode { make([], leafMaximum) }

  /// A leaf of elements.
  static func leaf(_ elements: some Collection<Element>) -> TreeNode {
    let node = leaf()
    node.fill(elements)
    node.count = elements.count
    return node
  }

  /// An inner node.
  ///
  /// - Parameters:
  ///   - bounds: One for each child.
  ///   - children: At least one.
  /// - Returns: The node.
  static func inner(
    _ bounds: some Collection<Element>, _ children: ContiguousArray<TreeNode>
  ) -> TreeNode {
    let node = make(children, innerMaximum)
    node.fill(bounds)
    node.count = children.reduce(0) { $0 + $1.count }
    return node
  }

  /// There is always room for one more than the most, so that a node splits behind an insertion.
  private static func make(_ children: ContiguousArray<TreeNode>, _ maximum: Int) -> TreeNode {
    let made = create(minimumCapacity: maximum + 1) { _ in
      TreeNodeHeader(width: 0, count: 0, children: children)
    }
    return unsafe unsafeDowncast(made, to: TreeNode.self)
  }

  deinit {
    unsafe withUnsafeMutablePointers { header, elements in
      _ = unsafe elements.deinitialize(count: header.pointee.width)
    }
  }

  /// A node of the same elements and children.
  func copy() -> TreeNode {
    let node = Self.make(header.children, maximum)
    unsafe node.elements.initialize(from: elements, count: width)
    node.width = width
    node.count = count
    return node
  }

  // MARK: Reading

  /// How many elements it has itself.
  private(set) var width: Int {
    get { header.width }
    set { header.width = newValue }
  }

  /// Elements in all leaves below.
  private(set) var count: Int {
    get { header.count }
    set { header.count = newValue }
  }

  var isLeaf: Bool { header.children.isEmpty }
  private var maximum: Int { isLeaf ? Self.leafMaximum : Self.innerMaximum }
  /// Narrower nodes are joined with a neighbour.
  private var isNarrow: Bool { width < maximum * 5 / 16 }

  /// A child.
  func child(_ index: Int) -> TreeNode { header.children[index] }

  /// The elements where they lie. Lifetime: that of the node, as long as nobody changes it.
  var lent: UnsafeBufferPointer<Element> {
    unsafe UnsafeBufferPointer(start: elements, count: width)
  }

  private var elements: UnsafeMutablePointer<Element> {
    unsafe withUnsafeMutablePointerToElements { unsafe $0 }
  }

  /// The child in which an element at a position is, if any has it. What an element is to it is said as by a `TreePosition`.
  @inline(__always)
  func childIndex(_ order: (UnsafePointer<Element>) -> Int) -> Int {
    let base = unsafe elements
    var low = 1
    var high = width
    while low < high {
      let middle = (low + high) / 2
      if unsafe order(base + middle) <= 0 { low = middle + 1 } else { high = middle }
    }
    return low - 1
  }

  /// Where the first element is that is not before the position, and whether it is at it.
  @inline(__always)
  func elementIndex(_ order: (UnsafePointer<Element>) -> Int) -> (index: Int, found: Bool) {
    let base = unsafe elements
    var low = 0
    var high = width
    while low < high {
      let middle = (low + high) / 2
      let order = unsafe order(base + middle)
      if order == 0 { return (middle, true) }
      if order < 0 { low = middle + 1 } else { high = middle }
    }
    return (low, false)
  }

  // MARK: Changing

  /// Puts an element in its place.
  ///
  /// - Returns: The element that was there, and the second half of the node when it became too wide.
  func insert(
    _ element: Element, _ position: some TreePosition<Element>
  ) -> (replaced: Element?, sibling: (bound: Element, node: TreeNode)?) {
    if isLeaf {
      let (index, found) = unsafe elementIndex { unsafe position.order(of: $0) }
      if found {
        let place = unsafe elements + index
        let replaced = unsafe place.move()
        unsafe place.initialize(to: element)
        return (replaced, nil)
      }
      open(index, for: element)
      count += 1
      return (nil, split(at: index))
    }
    let index = unsafe childIndex { unsafe position.order(of: $0) }
    own(index)
    let (replaced, sibling) = withChild(index) { $0.insert(element, position) }
    if replaced == nil { count += 1 }
    guard let sibling else { return (replaced, nil) }
    open(index + 1, for: sibling.bound)
    header.children.insert(sibling.node, at: index + 1)
    return (replaced, split(at: index + 1))
  }

  /// Takes an element out. The node may be too narrow afterwards.
  ///
  /// - Returns: The element, or `nil` when there is none at the position.
  func remove(_ position: some TreePosition<Element>) -> Element? {
    if isLeaf {
      let (index, found) = unsafe elementIndex { unsafe position.order(of: $0) }
      guard found else { return nil }
      count -= 1
      return close(index)
    }
    let index = unsafe childIndex { unsafe position.order(of: $0) }
    own(index)
    let (removed, isNarrow) = withChild(index) { child in
      (child.remove(position), child.isNarrow)
    }
    guard let removed else { return nil }
    count -= 1
    if isNarrow, header.children.count > 1 { join(index == 0 ? 0 : index - 1) }
    return removed
  }

  /// Changes every element, and every bound alike, in place; their order must stay.
  func rewrite(_ body: (inout Element) -> Void) {
    for index in 0..<width { unsafe body(&elements[index]) }
    for index in header.children.indices { owned(index).rewrite(body) }
  }

  /// Sees to it that nobody shares a child.
  @inline(__always)
  private func own(_ index: Int) {
    unsafe withUnsafeMutablePointerToHeader { header in
      if unsafe !isKnownUniquelyReferenced(&header.pointee.children[index]) {
        unsafe header.pointee.children[index] = header.pointee.children[index].copy()
      }
    }
  }

  /// Calls `body` with a child, which this node goes on to hold, without counting a reference to it.
  @inline(__always)
  private func withChild<Result>(_ index: Int, _ body: (TreeNode) -> Result) -> Result {
    unsafe Unmanaged.passUnretained(header.children[index])._withUnsafeGuaranteedRef(body)
  }

  /// A child that nobody shares.
  private func owned(_ index: Int) -> TreeNode {
    own(index)
    return header.children[index]
  }

  /// Adds elements behind those that are there, of which there must be none.
  private func fill(_ added: some Collection<Element>) {
    var place = unsafe elements
    for element in added {
      unsafe place.initialize(to: element)
      unsafe place += 1
    }
    width = added.count
  }

  private func open(_ index: Int, for element: Element) {
    let place = unsafe elements + index
    unsafe (place + 1).moveInitialize(from: place, count: width - index)
    unsafe place.initialize(to: element)
    width += 1
  }

  private func close(_ index: Int) -> Element {
    let place = unsafe elements + index
    let element = unsafe place.move()
    width -= 1
    unsafe place.moveInitialize(from: place + 1, count: width - index)
    return element
  }

  /// Halves the node when it is too wide. After an insertion at the end nearly all stays: elements that come in order fill nodes.
  private func split(at index: Int) -> (bound: Element, node: TreeNode)? {
    guard width > maximum else { return nil }
    let middle = index == width - 1 ? width - 1 : width / 2
    return split(before: middle)
  }

  /// Moves the elements from a place on to a node of their own.
  private func split(before middle: Int) -> (bound: Element, node: TreeNode) {
    let sibling = Self.make(ContiguousArray(header.children.dropFirst(middle)), maximum)
    let moved = width - middle
    let bound = unsafe elements[middle]
    unsafe sibling.elements.moveInitialize(from: elements + middle, count: moved)
    sibling.width = moved
    width = middle
    if isLeaf {
      sibling.count = moved
    } else {
      sibling.count = sibling.header.children.reduce(0) { $0 + $1.count }
      header.children.removeSubrange(middle...)
    }
    count -= sibling.count
    return (bound, sibling)
  }

  /// Makes one child of two neighbours, or evens them out.
  private func join(_ index: Int) {
    let left = owned(index)
    let right = owned(index + 1)
    let bound = close(index + 1)
    if !right.isLeaf { unsafe right.elements[0] = bound }
    let together = left.width + right.width
    if together <= left.maximum {
      unsafe (left.elements + left.width).moveInitialize(from: right.elements, count: right.width)
      left.width = together
      left.count += right.count
      left.header.children += right.header.children
      // Its elements have moved.
      right.width = 0
      header.children.remove(at: index + 1)
    } else {
      even(left, right)
      unsafe open(index + 1, for: right.elements[0])
    }
  }

  /// Moves elements between two neighbours until they are equally wide.
  private func even(_ left: TreeNode, _ right: TreeNode) {
    let half = (left.width + right.width) / 2
    if left.width > half {
      let moved = left.width - half
      unsafe (right.elements + moved).moveInitialize(from: right.elements, count: right.width)
      unsafe right.elements.moveInitialize(from: left.elements + half, count: moved)
    } else {
      let moved = half - left.width
      unsafe (left.elements + left.width).moveInitialize(from: right.elements, count: moved)
      unsafe right.elements.moveInitialize(
        from: right.elements + moved, count: right.width - moved)
    }
    let both = left.header.children + right.header.children
    (left.width, right.width) = (half, left.width + right.width - half)
    let count = left.count + right.count
    if left.isLeaf {
      left.count = half
    } else {
      left.header.children = ContiguousArray(both.prefix(half))
      right.header.children = ContiguousArray(both.dropFirst(half))
      left.count = left.header.children.reduce(0) { $0 + $1.count }
    }
    right.count = count - left.count
  }
}
