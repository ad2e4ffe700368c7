import Synchronization

/// The publishes of one thread at one depth: on each topic they begin and end one after the other.
final class Stream: Sendable {
  /// Numbers of one topic. Whoever sees that a number has not begun sees every table changed that he changed before: both
  /// are sequentially consistent.
  final class Progress: Sendable {
    private let begun = Atomic<Int>(0)
    private let ended = Atomic<Int>(0)

    /// Numbers that were begun: below.
    var started: Int { begun.load(ordering: .sequentiallyConsistent) }
    /// Numbers whose publish has returned: below.
    var finished: Int { ended.load(ordering: .sequentiallyConsistent) }

    func begin(_ number: Int) { begun.store(number + 1, ordering: .sequentiallyConsistent) }
    /// Nobody received it: the number is given again.
    func takeBack(_ number: Int) { begun.store(number, ordering: .sequentiallyConsistent) }
    func end(_ number: Int) { ended.store(number + 1, ordering: .sequentiallyConsistent) }
  }

  let number: Int
  let topics = Topics.names.map { _ in Progress() }

  init(number: Int) { self.number = number }
}

/// How far all streams were at a moment.
struct Moment: Sendable {
  static let start = Moment(numbers: [])

  fileprivate let numbers: [Int]

  fileprivate init(numbers: [Int]) { self.numbers = numbers }

  /// The number that was next.
  subscript(stream: Int, topic: Int) -> Int {
    let index = stream * Topics.names.count + topic
    return index < numbers.count ? numbers[index] : 0
  }
}

/// All streams of a run.
final class Streams: Sendable {
  private let all = Mutex<[Stream]>([])

  var count: Int { all.withLock { $0.count } }

  func make() -> Stream {
    all.withLock { all in
      let stream = Stream(number: all.count)
      all.append(stream)
      return stream
    }
  }

  /// What was begun so far: what comes later has a higher number.
  func started() -> Moment { moment(\.started) }

  /// What has ended so far.
  func finished() -> Moment { moment(\.finished) }

  private func moment(_ number: any KeyPath<Stream.Progress, Int> & Sendable) -> Moment {
    let streams = all.withLock { $0 }
    return Moment(numbers: streams.flatMap { $0.topics.map { $0[keyPath: number] } })
  }
}
