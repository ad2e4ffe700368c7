/// What a host's process holds.
struct Figures: CustomStringConvertible {
  /// Kilobytes of memory.
  let memory: Int
  let descriptors: Int
  let threads: Int

  var description: String { "\(memory) KB, \(descriptors) descriptors, \(threads) threads" }
}
