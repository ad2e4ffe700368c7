/// When an interceptor is asked.
public struct InterceptionStages: OptionSet, Sendable {
  /// The stages as bits.
  public let rawValue: UInt32

  /// Makes a set from bits.
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// An event was published; no handler has it yet.
  public static let events = InterceptionStages(rawValue: 1)
  /// A request was made; no provider has it yet.
  public static let requests = InterceptionStages(rawValue: 2)
  /// The reply, or the failure, on its way back to the caller.
  public static let replies = InterceptionStages(rawValue: 4)
  /// Every stage.
  public static let all: InterceptionStages = [.events, .requests, .replies]
}
