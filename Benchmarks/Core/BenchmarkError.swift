/// Why a sample could not be taken.
struct BenchmarkError: Error, CustomStringConvertible {
  let description: String
}
