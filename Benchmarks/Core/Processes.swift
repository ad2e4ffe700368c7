import CBenchmark
import Glibc

/// Programs timed from outside.
enum Processes {
  /// Runs a program to its end.
  ///
  /// - Returns: Nanoseconds.
  static func run(_ arguments: [String]) throws -> Double {
    let took = unsafe withArguments(arguments) { unsafe bench_run($0) }
    guard took >= 0 else { throw failure(arguments) }
    return Double(took)
  }

  /// Runs a program that prints a number.
  static func number(_ arguments: [String]) throws -> Double {
    var buffer = [CChar](repeating: 0, count: 256)
    let count = unsafe withArguments(arguments) { unsafe bench_output($0, &buffer, 256) }
    let text = String(
      decoding: buffer.prefix(max(0, Int(count))).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    guard count >= 0, let number = Double(text.filter { $0 != "\n" }) else {
      throw failure(arguments)
    }
    return number
  }

  /// Starts a program that says when it is ready.
  ///
  /// - Returns: Nanoseconds until then, and its process id.
  static func ready(_ arguments: [String], notify: String) throws -> (took: Double, pid: Int32) {
    var pid: Int32 = 0
    let took = unsafe withArguments(arguments) { unsafe bench_ready($0, notify, &pid) }
    guard took >= 0 else { throw failure(arguments) }
    return (Double(took), pid)
  }

  /// Ends a program by SIGTERM.
  static func end(_ pid: Int32) throws {
    guard bench_end(pid) == 0 else {
      throw BenchmarkError(description: "process \(pid) did not end in order")
    }
  }

  private static func failure(_ arguments: [String]) -> BenchmarkError {
    BenchmarkError(description: "failed: \(arguments.joined(separator: " "))")
  }

  private static func withArguments(
    _ arguments: [String], _ body: (UnsafePointer<UnsafePointer<CChar>?>) -> Int64
  ) -> Int64 {
    var copies = unsafe arguments.map { unsafe UnsafePointer<CChar>(strdup($0)) } + [nil]
    defer { unsafe copies.forEach { unsafe free(UnsafeMutablePointer(mutating: $0)) } }
    return unsafe copies.withUnsafeMutableBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return -1 }
      return unsafe body(base)
    }
  }
}
