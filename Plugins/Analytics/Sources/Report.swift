/// What was counted, for people: the reply of `analytics.report` and the payload of `analytics.summary`.
package struct Report: Codable, Sendable, Equatable {
  /// A name and how often it came.
  package struct Count: Codable, Sendable, Equatable {
    /// An action or a package.
    package let name: String
    /// Lines with it.
    package let lines: UInt64
  }

  /// The build that reports.
  package let version: String
  /// Which build in this run of the host it is, from 1.
  package let generation: Int
  /// Lines that were counted.
  package let lines: UInt64
  /// Lines of another form than `dpkg.log`'s.
  package let unparsed: UInt64
  /// Lines a second.
  package let rate: Double
  /// Different packages.
  package let packageCount: Int
  /// The most frequent actions.
  package let topActions: [Count]
  /// The most frequent packages.
  package let topPackages: [Count]
  /// Lines by the hour of the log; `nil` in builds that do not count them.
  package let hours: [String: UInt64]?
  /// The number of the first event that `hours` has.
  package let hoursFrom: UInt64?
  /// Events that never came.
  package let lost: UInt64
  /// Events that came again.
  package let duplicated: UInt64
  /// The number of the first event that came; 0 before it.
  package let firstSequence: UInt64
  /// The number of the last one.
  package let lastSequence: UInt64

  init(_ tally: Tally, version: String, generation: Int, top: Int) {
    self.version = version
    self.generation = generation
    lines = tally.lines
    unparsed = tally.unparsed
    rate = tally.rate
    packageCount = tally.packages.count
    topActions = Tally.top(tally.actions, top)
    topPackages = Tally.top(tally.packages, top)
    hours = tally.hours
    hoursFrom = tally.hoursFrom
    lost = tally.sequence.lost
    duplicated = tally.sequence.duplicated
    firstSequence = tally.sequence.first
    lastSequence = tally.sequence.last
  }
}
