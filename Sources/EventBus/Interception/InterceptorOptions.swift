/// How an interceptor wants what passes.
public struct InterceptorOptions: Sendable {
  /// What to stand around: topics and services.
  public var pattern: TopicPattern
  /// Unique in its owner; `nil` for the pattern and an ordinal, `phase.*#1`.
  public var name: String?
  /// Higher first, for events and requests; replies come back the other way. Ties by order of registration.
  public var priority: Int32
  /// When it is asked.
  public var stages: InterceptionStages
  /// Whether what it cannot judge, because it crashes or is not there in time, is refused.
  public var isRequired: Bool

  /// Describes an interceptor.
  public init(
    pattern: TopicPattern, name: String? = nil, priority: Int32 = 0, stages: InterceptionStages,
    isRequired: Bool = false
  ) {
    self.pattern = pattern
    self.name = name
    self.priority = priority
    self.stages = stages
    self.isRequired = isRequired
  }
}
