import Glibc
import HostSupport

// `fuzz`: sets hostile workers and random calls of the ABI on real hosts. `soak`: runs healthy plugins beside one that misbehaves at
// random. The seed is printed; with the same seed the same is done, though not at the same moments.
func number(_ name: String, _ standard: Int) -> Int {
  guard let text = Environment["STRESS_\(name)"], !text.isEmpty else { return standard }
  guard let value = Int(text), value >= 0 else {
    print("STRESS_\(name) must be a number, 0 or more, not '\(text)'")
    exit(2)
  }
  return value
}

func show(_ outcome: Outcome, _ problems: inout [String]) {
  print(outcome.summary)
  fflush(nil)
  problems += outcome.problems
}

var system = SystemRandomNumberGenerator()
let task = CommandLine.arguments.dropFirst().first ?? ""
let seed = number("SEED", Int(system.next() >> 40))
let seconds = number("SECONDS", task == "soak" ? 600 : 300)
let setting = "STRESS_SEED=\(seed) STRESS_SECONDS=\(seconds) stress-isolation \(task)"
print(setting)
fflush(nil)
var problems: [String] = []
do {
  switch task {
  case "fuzz":
    show(try HostileFuzz(seed: seed, seconds: seconds * 6 / 10).run(), &problems)
    for isIsolated in [false, true] {
      let probes = ProbeFuzz(seed: seed, seconds: seconds * 2 / 10, isIsolated: isIsolated)
      show(try probes.run(), &problems)
    }
  case "soak": show(try Soak(seconds: seconds).run(), &problems)
  default:
    print("usage: stress-isolation fuzz|soak")
    exit(2)
  }
} catch {
  problems.append("\(error)")
}
for problem in problems { print("WRONG: \(problem)") }
if !problems.isEmpty { print("again with: \(setting)") }
exit(problems.isEmpty ? 0 : 1)
