public import PluginSDK

/// Of queues, handlers, recording, and what was lost.
extension HostEvents {
  /// A queue has three quarters of its places taken.
  public static let busLag = EventType<Lag>("bus.lag")
  /// A handler runs past its time limit.
  public static let busHandlerTimeout = EventType<HandlerTimeout>("bus.handler.timeout")
  /// Events are not recorded for now.
  public static let busRecorderSuspended = EventType<RecorderSuspended>("bus.recorder.suspended")
  /// Events are recorded again.
  public static let busRecorderResumed = EventType<RecorderResumed>("bus.recorder.resumed")
  /// Something was lost, refused, or ran out of time; the topic's second segment says what.
  public static let loss = EventType<Loss>("loss.*")

  /// A queue that fills.
  public struct Lag: Codable, Sendable, Equatable {
    /// The subscription's name.
    public var subscription: String
    /// The topic of the event that was queued last.
    public var topic: String
    /// Events in the queue.
    public var queued: Int
    /// Events that it can hold.
    public var capacity: Int

    /// Describes a queue.
    public init(subscription: String, topic: String, queued: Int, capacity: Int) {
      self.subscription = subscription
      self.topic = topic
      self.queued = queued
      self.capacity = capacity
    }
  }

  /// A handler that is late.
  public struct HandlerTimeout: Codable, Sendable, Equatable {
    /// The subscription's name.
    public var subscription: String
    /// The topic of the event that it handles.
    public var topic: String
    /// Its time limit in milliseconds.
    public var limitMilliseconds: Int

    private enum CodingKeys: String, CodingKey {
      case subscription, topic
      case limitMilliseconds = "limit_ms"
    }

    /// Describes a handler that is late.
    public init(subscription: String, topic: String, limitMilliseconds: Int) {
      self.subscription = subscription
      self.topic = topic
      self.limitMilliseconds = limitMilliseconds
    }
  }

  /// Why events are not recorded.
  public struct RecorderSuspended: Codable, Sendable, Equatable {
    /// What the disk said.
    public var error: String

    /// Describes a recorder that waits.
    public init(error: String) { self.error = error }
  }

  /// What was not recorded.
  public struct RecorderResumed: Codable, Sendable, Equatable {
    /// Events, since the recorder waited.
    public var lost: Int

    /// Describes a recorder that goes on.
    public init(lost: Int) { self.lost = lost }
  }

  /// What was lost, counted.
  public struct Loss: Codable, Sendable, Equatable {
    /// Since it was told last.
    public var count: Int
    /// Since the host started.
    public var total: Int

    /// Describes a loss.
    public init(count: Int, total: Int) {
      self.count = count
      self.total = total
    }
  }
}
