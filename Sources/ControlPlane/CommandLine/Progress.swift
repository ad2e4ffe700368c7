import Glibc
import HostSupport

/// Tells on standard error how far a long command is: one line that is written over on a terminal, else only the end.
struct Progress {
  private let verb: String
  private let total: Int?
  private let isTerminal: Bool
  private let showsAll: Bool
  private var next = Deadline.after(milliseconds: 200)

  init(_ verb: String, of total: Int?, _ invocation: Invocation) {
    self.verb = verb
    self.total = total
    isTerminal = isatty(2) == 1
    showsAll = isTerminal || invocation.has("progress")
  }

  /// Tells that so many records are done, at most five times a second.
  mutating func tell(_ done: Int) {
    guard showsAll, next.hasPassed else { return }
    next = .after(milliseconds: 200)
    let line = "\(verb) \(done)" + (total.map { " of \($0)" } ?? "") + " records"
    Output.complain(isTerminal ? "\r\(line)\u{1B}[K" : "\(line)\n")
  }

  /// Tells the end.
  func end(_ sentence: String) {
    Output.complain(isTerminal ? "\r\(sentence)\u{1B}[K\n" : "\(sentence)\n")
  }
}
