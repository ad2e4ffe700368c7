import TestSupport
import Testing

@testable import MetadataStore

/// What a tree must hold to, held against an array.
@Suite struct SortedTreeTests {
  private struct NumberPosition: TreePosition {
    let number: Int

    func order(of element: UnsafePointer<Int>) -> Int { unsafe element.pointee - number }
  }

  private static func insert(_ number: Int, _ tree: inout SortedTree<Int>) -> Int? {
    tree.insert(number, NumberPosition(number: number))
  }

  private static func remove(_ number: Int, _ tree: inout SortedTree<Int>) -> Int? {
    tree.remove(NumberPosition(number: number))
  }

  private static func elements(of tree: SortedTree<Int>) -> [Int] {
    var all: [Int] = []
    tree.forEach { element in
      all.append(element)
      return true
    }
    return all
  }

  private static func elementsFromBehind(of tree: SortedTree<Int>) -> [Int] {
    var all: [Int] = []
    tree.forEachReversed { element in
      all.append(element)
      return true
    }
    return all
  }

  @Test("has what was put in and not taken out, and a copy what it had", arguments: 1...8)
  func followsModel(seed: UInt64) {
    var random = SeededRandom(state: seed)
    var tree = SortedTree<Int>()
    var model: Set<Int> = []
    var copies: [(tree: SortedTree<Int>, elements: [Int])] = []
    for step in 0..<20_000 {
      // It grows, then shrinks to nothing, so that nodes are split, evened out and joined at every level.
      let isGrowing = step < 8000
      let number = Int.random(in: 0..<6000, using: &random)
      if Int.random(in: 0..<10, using: &random) < (isGrowing ? 8 : 1) {
        let replaced = Self.insert(number, &tree)
        #expect((replaced == nil) == model.insert(number).inserted)
      } else {
        let target = isGrowing ? number : model.min { abs($0 - number) < abs($1 - number) }
        guard let target else { continue }
        #expect((Self.remove(target, &tree) == nil) == (model.remove(target) == nil))
      }
      if step % 2500 == 0 { copies.append((tree, model.sorted())) }
    }
    #expect(tree.count == model.count)
    #expect(Self.elements(of: tree) == model.sorted())
    #expect(Self.elementsFromBehind(of: tree) == model.sorted().reversed())
    for copy in copies { #expect(Self.elements(of: copy.tree) == copy.elements) }
  }

  @Test(
    "made of elements in order is the same as one that they were put into",
    arguments: [
      0, 1, 32, 33, 1000, 2049, 70_000,
    ])
  func sorted(count: Int) {
    var tree = SortedTree(sorted: Array(0..<count))
    #expect(tree.count == count)
    #expect(tree.first == (count > 0 ? 0 : nil))
    #expect(tree.last == (count > 0 ? count - 1 : nil))
    for number in stride(from: 0, to: count, by: 2) {
      #expect(Self.remove(number, &tree) == number)
    }
    #expect(Self.elements(of: tree) == Array(stride(from: 1, to: count, by: 2)))
  }

  @Test("rewrites its own elements, not those of a copy")
  func rewrites() {
    var tree = SortedTree(sorted: Array(0..<5000))
    let copy = tree
    tree.rewrite { $0 += 1 }
    #expect(Self.elements(of: tree) == Array(1...5000))
    #expect(Self.elements(of: copy) == Array(0..<5000))
  }
}
