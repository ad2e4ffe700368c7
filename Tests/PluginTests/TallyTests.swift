import Testing

@testable import Analytics

@Suite struct TallyTests {
  /// Sequence numbers as they come, and what they prove.
  struct Case: Sendable {
    let numbers: [UInt64]
    let counted: Int
    let lost: UInt64
    let duplicated: UInt64
    let last: UInt64
  }

  @Test(arguments: [
    Case(numbers: [], counted: 0, lost: 0, duplicated: 0, last: 0),
    Case(numbers: [1, 2, 3], counted: 3, lost: 0, duplicated: 0, last: 3),
    Case(numbers: [7, 8], counted: 2, lost: 0, duplicated: 0, last: 8),
    Case(numbers: [1, 3], counted: 2, lost: 1, duplicated: 0, last: 3),
    Case(numbers: [1, 10, 20], counted: 3, lost: 17, duplicated: 0, last: 20),
    Case(numbers: [1, 1, 2, 2, 2], counted: 2, lost: 0, duplicated: 3, last: 2),
    Case(numbers: [5, 4], counted: 1, lost: 0, duplicated: 1, last: 5),
    Case(numbers: [1, 2, 1, 2, 5], counted: 3, lost: 2, duplicated: 2, last: 5),
  ])
  func `Sequence numbers prove what was lost and what came twice`(wanted: Case) {
    var check = SequenceCheck()
    #expect(wanted.numbers.count { check.note($0) } == wanted.counted)
    #expect(check.lost == wanted.lost)
    #expect(check.duplicated == wanted.duplicated)
    #expect(check.last == wanted.last)
    #expect(check.first == wanted.numbers.first ?? 0)
  }

  @Test func `A duplicate is not counted`() {
    var tally = Tally()
    let line = Observation(action: "install", package: "a")
    for number: UInt64 in [1, 2, 2] { tally.count(line, sequence: number, now: 1) }
    #expect(tally.lines == 2)
    #expect(tally.actions == ["install": 2])
    #expect(tally.packages == ["a": 2])
  }

  @Test func `The rate is that between the first line and the last`() {
    var tally = Tally()
    #expect(tally.rate == 0)
    for number: UInt64 in 1...10 {
      tally.count(Observation(), sequence: number, now: 100 + Double(number) / 2)
    }
    #expect(tally.rate == 10 / 4.5)
  }

  @Test func `The most frequent names come first, ties by name`() {
    let top = Tally.top(["b": 2, "a": 2, "c": 9, "d": 1], 3)
    #expect(top.map(\.name) == ["c", "a", "b"])
    #expect(top.map(\.lines) == [9, 2, 2])
  }

  @Test func `Names beyond the limit are counted together`() {
    var tally = Tally()
    for number in 1...UInt64(Tally.nameLimit + 5) {
      tally.count(
        Observation(action: "install", package: "p\(number)"), sequence: number, now: 1)
    }
    #expect(tally.packages.count == Tally.nameLimit + 1)
    #expect(tally.packages[Tally.others] == 5)
    #expect(tally.actions == ["install": UInt64(Tally.nameLimit + 5)])
  }
}
