import HostSupport
import TestSupport
import Testing

/// Promises 5, 6, 9 and 10 for some seconds; `make stress` takes a minute, and ThreadSanitizer.
@Suite struct StressTests {
  @Test
  func `Whatever threads do to a bus, each event comes once and in order, or is accounted for`() {
    let seconds = Environment["STRESS_SECONDS"] ?? "4"
    let seed = Environment["STRESS_SEED"] ?? ""
    let outcome = Program.run([
      "/usr/bin/env", "STRESS_SECONDS=\(seconds)", "STRESS_SEED=\(seed)",
      Program.buildFolder + "/stress-bus",
    ])
    print(outcome.output)
    #expect(outcome.status == 0, "\(outcome.output)")
  }
}
