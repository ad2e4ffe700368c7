import Testing

@testable import LogSource

@Suite struct PaceTests {
  private static let second: UInt64 = 1_000_000_000

  @Test func `Without a rate every look may take a burst`() {
    var pace = Pace(rate: 0, now: 0)
    #expect(pace.allowance(now: 0) == Pace.burst)
    pace.spend(Pace.burst)
    #expect(pace.allowance(now: 0) == Pace.burst)
  }

  @Test(arguments: [1, 7, 100, 5_000])
  func `Over ten seconds a rate is kept to a line`(rate: Int) {
    var pace = Pace(rate: rate, now: 0)
    var total = 0
    for look in 1...1_000 {
      let lines = pace.allowance(now: UInt64(look) * Self.second / 100)
      pace.spend(lines)
      total += lines
    }
    #expect(abs(total - 10 * rate) <= 1)
  }

  @Test func `What was not taken is kept for a fifth of a second only`() {
    var pace = Pace(rate: 1_000, now: 0)
    #expect(pace.allowance(now: 60 * Self.second) == 200)
    pace.spend(50)
    #expect(pace.allowance(now: 60 * Self.second) == 150)
  }
}
