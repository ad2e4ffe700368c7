import TestSupport
import Testing

/// Short runs of what `make fuzz` and `make soak` do for longer.
@Suite(.serialized) struct StressTests {
  private func run(_ task: String, seconds: Int) throws {
    let child = try ChildProcess(
      ["\(Program.buildFolder)/stress-isolation", task],
      environment: ["STRESS_SEED": "5", "STRESS_SECONDS": "\(seconds)"])
    let ending = child.wait(milliseconds: 180_000)
    #expect(ending == .exited(0), "\(child.output)\(child.errors)")
  }

  @Test func `Hostile workers and calls at random neither end a host nor hold it up`() throws {
    try run("fuzz", seconds: 10)
  }

  @Test func `Healthy plugins lose no event beside one that misbehaves at random`() throws {
    try run("soak", seconds: 20)
  }
}
