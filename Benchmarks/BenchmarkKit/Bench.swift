import Glibc
import HostSupport

/// One run of a benchmark program: measures what the filter wants, prints a row a figure, appends a JSON line a figure.
///
///     var bench = Bench()                       // takes [--jsonl FILE] [--no-header] [FILTER] from the command line
///     bench.measure("publish-1", unit: "ns", limit: "direct call", goal: .ratio(must: 30, aim: 10)) {
///       try timePublish()
///     } against: {
///       try timeDirectCall()
///     }
///     exit(bench.end())
///
/// A program whose figures are not ratios of samples adds `Figure`s of its own with `add`. Threading: one thread.
public struct Bench {
  private let filter: String
  private let output: String?
  private var isHeaderDue: Bool
  private var missed = 0
  private var failed = 0

  /// Reads the program's arguments.
  public init(_ arguments: [String] = Array(CommandLine.arguments.dropFirst())) {
    var rest = arguments[...]
    var output: String?
    var header = true
    var filter = ""
    while let argument = rest.popFirst() {
      switch argument {
      case "--jsonl": output = rest.popFirst()
      case "--no-header": header = false
      default: filter = argument
      }
    }
    self.filter = filter
    self.output = output
    isHeaderDue = header
  }

  /// Whether a figure is to be measured: its name contains the filter.
  public func wants(_ name: String) -> Bool {
    guard !filter.isEmpty else { return true }
    return unsafe strstr(name, filter) != nil
  }

  /// Whether at least one of several figures is to be measured.
  public func wants(any names: [String]) -> Bool { names.contains(where: wants) }

  /// Measures a figure in turn with its limit: limit, value, limit, value, …; the first pair warms up and is dropped.
  ///
  /// - Parameters:
  ///   - name: Its name.
  ///   - unit: What the samples are in.
  ///   - limitName: What the limit is, in a few words.
  ///   - goal: What the figure is held against.
  ///   - runs: Samples of each that count, 1….
  ///   - value: Takes one sample.
  ///   - limit: Takes one sample of the limit.
  public mutating func measure(
    _ name: String, unit: String, limit limitName: String, goal: Goal, runs: Int = 9,
    value: () throws -> Double, against limit: () throws -> Double
  ) {
    guard wants(name) else { return }
    var values: [Double] = []
    var limits: [Double] = []
    do {
      for run in 0...max(1, runs) {
        let pair = (try limit(), try value())
        if run == 0 { continue }
        limits.append(pair.0)
        values.append(pair.1)
      }
    } catch {
      fail(name, "\(error)")
      return
    }
    add(
      Figure(
        name: name, unit: unit, samples: values, limit: limits, limitName: limitName, goal: goal))
  }

  /// Reports a figure: a row of the table, a line of JSON.
  public mutating func add(_ figure: Figure) {
    guard wants(figure.name) else { return }
    if !figure.isReached { missed += 1 }
    if isHeaderDue { print(Table.header) }
    isHeaderDue = false
    print(Table.row(figure))
    flush()
    append(figure.jsonLine)
  }

  /// Reports that a figure could not be measured.
  public mutating func fail(_ name: String, _ reason: String) {
    failed += 1
    print("\(name): not measured: \(reason)")
    flush()
  }

  /// Says that a figure is left out, because something that this machine does not have stands beside it: no failure.
  ///
  /// - Parameters:
  ///   - name: Its name.
  ///   - reason: What is missing, and how to get it.
  public func skip(_ name: String, _ reason: String) {
    guard wants(name) else { return }
    print("\(name): left out: \(reason)")
    flush()
  }

  /// Ends the run.
  ///
  /// - Returns: The program's exit status: 1 when a figure was missed or not measured, else 0.
  public consuming func end() -> Int32 { missed + failed > 0 ? 1 : 0 }

  private func flush() { _ = fflush(nil) }

  private mutating func append(_ line: String) {
    guard let output else { return }
    do throws(SystemError) {
      let file = try FileDescriptor.open(output, O_WRONLY | O_CREAT | O_APPEND, mode: 0o644)
      try file.write(Array("\(line)\n".utf8))
    } catch {
      failed += 1
      print("\(output): cannot append: \(error)")
    }
  }
}
