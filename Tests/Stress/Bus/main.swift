import Glibc
import HostSupport

// Drives a bus with random operations and checks what comes of them against a model. The seed is printed; with the same seed
// every thread draws the same operations.
func number(_ name: String, _ standard: Int) -> Int {
  guard let text = Environment["STRESS_\(name)"], !text.isEmpty else { return standard }
  guard let value = Int(text), value >= 0 else {
    print("STRESS_\(name) must be a number, 0 or more, not '\(text)'")
    exit(2)
  }
  return value
}

var system = SystemRandomNumberGenerator()
let seed = number("SEED", Int(system.next() >> 33))
let options = StressRun.Options(
  seed: UInt64(seed), seconds: number("SECONDS", 60), threads: max(1, number("THREADS", 4)))
let setting =
  "STRESS_SEED=\(seed) STRESS_SECONDS=\(options.seconds) STRESS_THREADS=\(options.threads)"
print(setting)
fflush(nil)
do {
  let run = try StressRun(options)
  let problems = try run.run()
  print(run.tallies.text)
  for problem in problems { print("WRONG: \(problem)") }
  if !problems.isEmpty { print("again with: \(setting)") }
  exit(problems.isEmpty ? 0 : 1)
} catch {
  print("\(error)")
  exit(2)
}
