import CDovetail

/// How to intercept. The default sees events, requests and replies at priority 0 under a name that the host makes.
public struct InterceptionOptions: Sendable {
  /// When an interceptor is asked.
  public struct Stages: OptionSet, Sendable {
    /// The stages as bits.
    public let rawValue: UInt32

    /// Makes a set from bits.
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// Events that were published.
    public static var events: Stages { Stages(rawValue: DVT_STAGE_EVENT) }
    /// Requests to services and topics.
    public static var requests: Stages { Stages(rawValue: DVT_STAGE_REQUEST) }
    /// Their replies.
    public static var replies: Stages { Stages(rawValue: DVT_STAGE_REPLY) }
    /// Every stage.
    public static var all: Stages { [.events, .requests, .replies] }
  }

  /// When it is asked.
  public var stages: Stages
  /// Unique in the plugin; name it when it should be matched across a reload. Empty = pattern#ordinal.
  public var name: String
  /// Higher first, for events and requests; replies come back the other way.
  public var priority: Int32
  /// Whether what it cannot judge, because it crashes or is not there in time, is refused.
  public var isRequired: Bool

  /// Says how to intercept.
  public init(
    _ stages: Stages = .all, name: String = "", priority: Int32 = 0, isRequired: Bool = false
  ) {
    self.stages = stages
    self.name = name
    self.priority = priority
    self.isRequired = isRequired
  }

  /// Lends the options to the ABI.
  func raw(_ pattern: String, _ arena: Arena) -> dvt_interception {
    var raw = unsafe dvt_interception.headed()
    unsafe raw.pattern = unsafe arena.text(pattern)
    unsafe raw.name = unsafe arena.text(name)
    unsafe raw.priority = priority
    unsafe raw.stages = stages.rawValue
    unsafe raw.flags = isRequired ? DVT_INTERCEPTION_REQUIRED : 0
    return unsafe raw
  }
}
