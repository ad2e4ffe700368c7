import HostSupport

/// What a subscription matches: a topic, segments in which `*` stands for one and a last `>` for one or more, or an expression.
public struct TopicPattern: Sendable, Hashable, CustomStringConvertible {
  private enum Segment: Hashable {
    case text(Substring)
    case one
    case rest

    func refuses(_ part: Substring) -> Bool {
      if case .text(let text) = self { text != part } else { false }
    }
  }

  /// The pattern's text.
  public let description: String
  private let segments: [Segment]
  private let expression: PosixPattern?
  /// Of which one must match too; `nil` for all topics.
  private var scope: [TopicPattern]?
  /// Of which none may match.
  private var excluded: [TopicPattern] = []

  /// Whether the pattern is one topic, without wildcards.
  public var isExact: Bool { !segments.contains { $0 == .one || $0 == .rest } }

  /// Parses a pattern.
  ///
  /// - Parameter text: Such as `phase.started`, `phase.*`, `torrent.>` or `>`.
  /// - Throws: `BusError.invalid` when a segment is empty, malformed, or follows a `>`.
  public init(_ text: String) throws(BusError) {
    description = text
    var segments: [Segment] = []
    for part in text.split(separator: ".", omittingEmptySubsequences: false) {
      if segments.last == .rest {
        throw .invalid("pattern '\(text)': '>' must be the last segment")
      }
      switch part {
      case "*": segments.append(.one)
      case ">": segments.append(.rest)
      default:
        if let problem = TopicName.problem(in: String(part)) {
          throw .invalid(
            "pattern '\(text)': \(problem); write a topic, or use '*' for one whole segment and '>' "
              + "for all that follow")
        }
        segments.append(.text(part))
      }
    }
    if text.utf8.count > 255 { throw .invalid("a pattern has at most 255 bytes") }
    self.segments = segments
    expression = nil
  }

  /// Compiles a POSIX extended regular expression, which matches anywhere in a topic.
  ///
  /// - Parameter text: Such as `^order\\.(paid|sent)$`.
  /// - Throws: `BusError.invalid` when it is none, or could take hours.
  public init(regex text: String) throws(BusError) {
    do throws(PosixPattern.Failure) {
      expression = try PosixPattern(text)
    } catch {
      throw .invalid("pattern \(error.reason)")
    }
    description = text
    // Only a permission for every topic covers it.
    segments = [.rest]
  }

  /// Whether it is a regular expression.
  public var isExpression: Bool { expression != nil }

  /// Of an expression: texts of which at least one occurs in every topic that it matches; `nil` where none can be told.
  var requiredLiterals: [[UInt8]]? { expression?.requiredLiterals }

  /// The first segment of every topic that it matches; `nil` where they differ.
  var firstSegment: Substring? {
    if expression == nil, case .text(let text)? = segments.first { text } else { nil }
  }

  /// The same pattern for those topics only that one of `scope` matches too.
  ///
  /// - Parameter scope: Patterns by segment, such as a plugin's permissions.
  /// - Returns: A pattern with the same text.
  public func limited(to scope: [TopicPattern]) -> TopicPattern {
    var limited = self
    limited.scope = scope
    return limited
  }

  /// The same pattern for those topics only that none of `excluded` matches.
  ///
  /// - Parameter excluded: Any patterns.
  /// - Returns: A pattern with the same text.
  public func excluding(_ excluded: [TopicPattern]) -> TopicPattern {
    var limited = self
    limited.excluded = excluded
    return limited
  }

  /// What its author may not have meant: a dot that stands for any character. `nil` when there is none.
  public var note: String? {
    guard expression != nil else { return nil }
    var escaped = false
    var inBrackets = false
    var last: Character?
    for character in description {
      defer { last = character }
      if escaped {
        escaped = false
      } else if character == "\\" {
        escaped = true
      } else if character == "[" {
        inBrackets = true
      } else if character == "]" {
        inBrackets = false
      } else if character == ".", !inBrackets, last?.isLetter == true || last?.isNumber == true {
        return "the dot in '\(description)' stands for any character; write '\\.' for a dot"
      }
    }
    return nil
  }

  /// Whether two patterns are the same, by text and kind.
  public static func == (left: TopicPattern, right: TopicPattern) -> Bool {
    left.description == right.description && left.isExpression == right.isExpression
  }

  /// Hashes text and kind.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(description)
    hasher.combine(isExpression)
  }

  /// Whether a topic is matched.
  ///
  /// - Parameter topic: A valid topic name.
  /// - Returns: Whether every segment fits.
  public func matches(_ topic: String) -> Bool {
    if let scope, !scope.contains(where: { $0.matches(topic) }) { return false }
    if excluded.contains(where: { $0.matches(topic) }) { return false }
    if let expression { return expression.matches(topic) }
    var parts = topic.split(separator: ".", omittingEmptySubsequences: false)[...]
    for segment in segments {
      guard let part = parts.first else { return false }
      switch segment {
      case .rest: return true
      case .one: parts.removeFirst()
      case .text(let text):
        if part != text { return false }
        parts.removeFirst()
      }
    }
    return parts.isEmpty
  }

  /// Why the pattern matches a topic nearly, but not quite.
  ///
  /// - Parameter topic: A valid topic name that is not matched.
  /// - Returns: The one thing that keeps it from matching; `nil` when they have little in common.
  public func nearMiss(of topic: String) -> String? {
    if expression?.matches(topic) == true {
      return "matches, but its plugin's permissions to subscribe do not"
    }
    let parts = topic.split(separator: ".", omittingEmptySubsequences: false)
    if let folded = try? TopicPattern(description.lowercased()), folded.matches(topic.lowercased())
    {
      return "differs in upper and lower case"
    }
    guard zip(segments, parts).contains(where: { $0 == .text($1) }) else { return nil }
    let misfits = zip(segments, parts).filter { segment, part in segment.refuses(part) }
    switch misfits.first {
    case nil where segments.count < parts.count:
      return
        "ends after \(segments.count) of the topic's \(parts.count) segments; a last '>' matches all that follow"
    case nil:
      return "wants more segments than the topic's \(parts.count)"
    case (.text(let text), let part)?
    where misfits.count == 1 && fits(parts.count):
      return "has '\(text)' where the topic has '\(part)'"
    default: return nil
    }
  }

  private func fits(_ count: Int) -> Bool {
    segments.last == .rest ? count >= segments.count : count == segments.count
  }

  /// Whether every topic that `other` matches is matched by this pattern too.
  ///
  /// - Parameter other: Any pattern.
  /// - Returns: `false` also where it cannot be told segment by segment.
  public func covers(_ other: TopicPattern) -> Bool {
    if expression != nil { return self == other }
    var theirs = other.segments[...]
    for segment in segments {
      guard let their = theirs.first else { return false }
      switch (segment, their) {
      case (.rest, _): return true
      case (_, .rest): return false
      case (.one, _): break
      case (.text(let text), .text(let theirText)) where text == theirText: break
      default: return false
      }
      theirs.removeFirst()
    }
    return theirs.isEmpty
  }
}
