import CDovetail

/// One condition on an event, which the host evaluates before it calls the handler.
///
/// ```swift
/// try context.subscribe("order.*", .init(filters: [.init(.subject, .prefix("eu-")), .init(.data("/size"), .greater("3"))]))
/// ```
public struct EventFilter: Sendable {
  /// What must be true of the field. A value is text; for a place in JSON it may also be a scalar: `3`, `true`, `null`.
  public enum Test: Sendable {
    /// The field is the value.
    case equal(String)
    /// The field is another value, or missing.
    case notEqual(String)
    /// The field begins with the value.
    case prefix(String)
    /// The field ends with the value.
    case suffix(String)
    /// The field contains the value.
    case contains(String)
    /// The field is there.
    case exists
    /// The field is less than the value: by number where both are numbers of JSON, else by bytes.
    case less(String)
    /// The field is greater than the value: by number where both are numbers of JSON, else by bytes.
    case greater(String)
  }

  /// What is looked at.
  public var field: EventField
  /// What must be true of it.
  public var test: Test

  /// States a condition. An event without the field meets `.notEqual` only.
  public init(_ field: EventField, _ test: Test) {
    self.field = field
    self.test = test
  }

  /// Lends the condition to the ABI.
  func raw(_ arena: Arena) -> dvt_filter {
    let (code, value) = test.raw
    var raw = unsafe dvt_filter()
    unsafe raw.field = unsafe arena.text(field.text)
    unsafe raw.value = unsafe arena.text(value)
    unsafe raw.test = code
    return unsafe raw
  }
}

extension EventFilter.Test {
  /// `DVT_FILTER_…` and the value.
  fileprivate var raw: (UInt32, String) {
    switch self {
    case .equal(let value): (DVT_FILTER_EQUAL, value)
    case .notEqual(let value): (DVT_FILTER_NOT_EQUAL, value)
    case .prefix(let value): (DVT_FILTER_PREFIX, value)
    case .suffix(let value): (DVT_FILTER_SUFFIX, value)
    case .contains(let value): (DVT_FILTER_CONTAINS, value)
    case .exists: (DVT_FILTER_EXISTS, "")
    case .less(let value): (DVT_FILTER_LESS, value)
    case .greater(let value): (DVT_FILTER_GREATER, value)
    }
  }
}
