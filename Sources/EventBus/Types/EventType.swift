public import HostSupport
import Synchronization

/// What somebody declared of the events of a topic, or of all topics of a pattern.
///
/// Threading: mutable parts are touched under the bus's lock only.
public final class EventType: @unchecked Sendable {
  // Safe: `standing` changes under the lock of the bus; the rest is immutable or atomic.
  /// What is declared.
  public struct Declaration: Sendable, Equatable {
    /// The topics.
    public var pattern: TopicPattern
    /// What the events say, in a sentence; may be empty.
    public var summary: String
    /// The media type of their data; empty for any.
    public var contentType: String
    /// What their data fit; they are JSON then. `nil` for anything.
    public var schema: JSONSchema?
    /// The URI of the schema, as events have it in `dataschema`; may be empty.
    public var dataschema: String
    /// What becomes of events that do not fit; `nil` for what the bus is set to.
    public var policy: SchemaPolicy?

    /// Describes what is declared.
    public init(
      _ pattern: TopicPattern, summary: String = "", contentType: String = "",
      schema: JSONSchema? = nil, dataschema: String = "", policy: SchemaPolicy? = nil
    ) {
      self.pattern = pattern
      self.summary = summary
      self.contentType = contentType
      self.schema = schema
      self.dataschema = dataschema
      self.policy = policy
    }

    /// Whether an event can fit both this and another.
    func agrees(with other: Declaration) -> Bool {
      let types = [contentType, other.contentType].filter { !$0.isEmpty }.map(mediaType)
      if types.count == 2, types[0] != types[1] { return false }
      guard let schema, let theirs = other.schema else { return true }
      return schema == theirs
    }
  }

  enum Standing { case shadow, active, suspended }

  /// Who declared it.
  public let owner: Owner
  /// What was declared.
  public let declaration: Declaration
  let ordinal: UInt64
  var standing: Standing
  let misfits = Atomic<UInt64>(0)

  init(owner: Owner, declaration: Declaration, ordinal: UInt64, standing: Standing) {
    self.owner = owner
    self.declaration = declaration
    self.ordinal = ordinal
    self.standing = standing
  }

  /// Events that were published and did not fit.
  public var violations: UInt64 { misfits.load(ordering: .relaxed) }

  /// Why an event does not fit; `nil` when it does.
  func problem(of event: UnsafeMutableRawPointer?, _ layout: EventLayout) -> String? {
    if let reason = unsafe contentTypeProblem(of: event, layout) { return reason }
    guard let schema = declaration.schema else { return nil }
    return unsafe layout.withAttribute(.data, of: event) { bytes in
      guard let bytes = unsafe bytes else {
        return unsafe "its data must be JSON, not \(named(typeOf(event, layout)))"
      }
      let text = unsafe bytes.assumingMemoryBound(to: UInt8.self)
      return unsafe schema.violation(in: text.span)?.description
    }
  }

  private func contentTypeProblem(
    of event: UnsafeMutableRawPointer?, _ layout: EventLayout
  ) -> String? {
    guard !declaration.contentType.isEmpty else { return nil }
    let found = unsafe typeOf(event, layout)
    if mediaType(found) == mediaType(declaration.contentType) { return nil }
    return "its data must be \(declaration.contentType), not \(named(found))"
  }

  private func typeOf(_ event: UnsafeMutableRawPointer?, _ layout: EventLayout) -> String {
    unsafe layout.withAttribute(.dataContentType, of: event) { bytes in
      unsafe bytes.map { unsafe String(decoding: $0, as: UTF8.self) } ?? ""
    }
  }

  private func named(_ contentType: String) -> String {
    contentType.isEmpty ? "without a content type" : contentType
  }
}

/// A content type without its parameters, in lower case.
private func mediaType(_ contentType: String) -> String {
  let type = contentType.prefix { $0 != ";" }
  return String(type.lowercased().reversed().drop { $0 == " " }.reversed())
}
