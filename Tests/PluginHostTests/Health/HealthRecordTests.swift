import Testing

@testable import PluginHost

/// What is remembered of a plugin's health.
@Suite struct HealthRecordTests {
  @Test func `A record keeps the latest twenty changes, and the latest reason of each`() {
    var record = HealthRecord(generation: 1)
    for time in 0..<30 {
      let state: HealthState = time % 2 == 0 ? .healthy : .unhealthy("\(time)")
      #expect(record.settle(state, at: Int64(time), took: 1, enough: 3) != nil)
    }
    #expect(record.history.count == 20)
    #expect(record.history.map(\.time) == (10..<30).map(Int64.init))
    #expect(record.changes == 30)
    #expect(record.settle(.unhealthy("other"), at: 99, took: 1, enough: 3) == nil)
    #expect(record.history.last == HealthRecord.Change(time: 29, state: .unhealthy("other")))
  }

  @Test func `Restarts are forgotten when it has been healthy often enough`() {
    var record = HealthRecord(generation: 1)
    record.restarts = 2
    _ = record.settle(.healthy, at: 0, took: 1, enough: 2)
    #expect(record.restarts == 2)
    _ = record.settle(.unhealthy("x"), at: 1, took: 1, enough: 2)
    #expect(record.unhealthyInRow == 1)
    _ = record.settle(.degraded("x"), at: 2, took: 1, enough: 2)
    #expect(record.unhealthyInRow == 0)
    _ = record.settle(.healthy, at: 3, took: 1, enough: 2)
    #expect(record.restarts == 0)
  }

  @Test func `Another generation is judged anew`() {
    var record = HealthRecord(generation: 1)
    _ = record.settle(.unhealthy("x"), at: 0, took: 1, enough: 2)
    record.follow(1, at: 1)
    #expect(record.state == .unhealthy("x"))
    record.follow(2, at: 2)
    #expect(record.state.name == "unknown")
    #expect(record.unhealthyInRow == 0)
    #expect(record.history.count == 2)
  }

  @Test func `The worse of two states counts`() {
    let order: [HealthState] = [.healthy, .unknown("a"), .degraded("b"), .unhealthy("c")]
    for (rank, state) in order.enumerated() {
      for (other, second) in order.enumerated() {
        #expect(state.worse(second) == order[max(rank, other)])
      }
    }
  }
}
