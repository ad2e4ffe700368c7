/// What becomes of an event that does not fit what was declared of its topic.
public enum SchemaPolicy: String, Sendable, CaseIterable {
  /// Nobody looks.
  case off
  /// It goes on; it is counted and told.
  case warn
  /// It goes to nobody, and the publish fails.
  case refuse
}
