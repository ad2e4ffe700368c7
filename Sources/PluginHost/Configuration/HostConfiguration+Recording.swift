import EventBus
import EventStore

extension HostConfiguration {
  /// Which events are recorded on the disk, and how much of them is kept.
  public struct Recording: Sendable, Equatable {
    /// When recorded events are forced to the disk.
    public enum Sync: String, Sendable, CaseIterable {
      /// `syncMilliseconds` after they were written.
      case interval
      /// After each batch.
      case batch
      /// When the system thinks fit: a power failure may take them, a crash of the host does not.
      case never
    }

    /// Patterns of topics, or regular expressions between slashes; nothing is recorded while there are none.
    public var patterns: [String] = []
    /// Topics that are not recorded although a pattern matches them: what the bus tells of itself.
    public var exclude = ["dead.>", "bus.>", "loss.>"]
    /// What an event must meet, 0…31; all of them.
    public var filter: [Route.Condition] = []
    /// Bytes of recorded events, 1 MiB…1 TiB; the oldest give way.
    public var maxBytes = 256 << 20
    /// Recorded events, 1…10¹²; the oldest give way.
    public var maxCount = 10_000_000
    /// Seconds that a recorded event is kept, 0…3,155,760,000; 0 keeps it for any time.
    public var maxAgeSeconds = 0
    /// When they are forced to the disk.
    public var sync = Sync.interval
    /// Milliseconds until they are, with `interval`, 1…600,000.
    public var syncMilliseconds = 100
    /// Events that may wait for the recorder, 16…1,048,576; beyond that the oldest are lost to the recording.
    public var queue = 16_384

    /// Reads a pattern: `/…/` is a regular expression.
    static func pattern(_ text: String) throws(BusError) -> TopicPattern {
      guard text.count > 2, text.hasPrefix("/"), text.hasSuffix("/") else {
        return try TopicPattern(text)
      }
      return try TopicPattern(regex: String(text.dropFirst().dropLast()))
    }

    /// How much the log may hold.
    var bounds: LogBounds {
      LogBounds(
        bytes: maxBytes, count: UInt64(maxCount),
        age: maxAgeSeconds == 0 ? nil : Int64(maxAgeSeconds) * 1_000_000_000)
    }

    /// How the recorder works.
    var options: EventRecorder.Options {
      switch sync {
      case .interval: .init(sync: .after(milliseconds: syncMilliseconds))
      case .batch: .init(sync: .eachBatch)
      case .never: .init(sync: .never)
      }
    }

    /// Which events the recorder subscribes to.
    func subscription() throws(BusError) -> SubscriptionOptions {
      var included: [TopicPattern] = []
      for text in patterns { included.append(try Self.pattern(text)) }
      var excluded: [TopicPattern] = []
      for text in exclude { excluded.append(try Self.pattern(text)) }
      var conditions = [EventReplay.isOriginal]
      for condition in filter { conditions.append(try condition.parsed()) }
      let pattern =
        included.count == 1 ? included[0] : try TopicPattern(">").limited(to: included)
      return SubscriptionOptions(
        pattern: pattern.excluding(excluded), name: EventRecording.name,
        delivery: .async(capacity: queue, overflow: .dropOldest), conditions: conditions)
    }
  }
}
