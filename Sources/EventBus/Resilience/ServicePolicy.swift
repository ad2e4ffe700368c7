/// What holds for the calls of a service: for all callers, and for some in particular.
public struct ServicePolicy: Sendable, Equatable {
  /// For callers without a policy of their own.
  public var common = CallPolicy()
  /// For the callers with these ids, as a whole; `perCaller` says what of it they do not share.
  public var callers: [String: CallPolicy] = [:]

  /// Nothing holds.
  public init() {}

  /// Whether nothing holds for anybody.
  public var isEmpty: Bool { common.isEmpty && callers.values.allSatisfy(\.isEmpty) }

  /// What holds for a caller.
  public func policy(for caller: String) -> CallPolicy { callers[caller] ?? common }
}
