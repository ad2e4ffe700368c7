/// Where elements of a tree stand to what is sought. All positions of one tree must agree on the order.
///
/// A type for each kind of search, and not a closure, so that the compiler makes the whole way down a tree of one piece.
protocol TreePosition<Element> {
  associatedtype Element

  /// Where an element stands to what is sought.
  ///
  /// - Parameter element: Lent by its address: a copy would count a reference to a record that most comparisons do not look at.
  /// - Returns: Negative before it, 0 at it, positive behind it.
  func order(of element: UnsafePointer<Element>) -> Int
}
