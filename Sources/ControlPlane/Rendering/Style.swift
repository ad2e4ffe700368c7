/// How text is painted on a terminal.
public struct Style: Sendable {
  /// A colour of the terminal's own palette, or a weight.
  public enum Paint: String, Sendable {
    /// Something is well.
    case green = "32"
    /// Something waits or is unusual.
    case yellow = "33"
    /// Something is wrong.
    case red = "31"
    /// Something matters less.
    case dim = "2"
    /// A heading.
    case bold = "1"
  }

  /// Whether anything is painted at all.
  public let colored: Bool

  /// Paints, or leaves all as it is.
  public init(colored: Bool) {
    self.colored = colored
  }

  /// Text in a colour.
  public func paint(_ text: String, _ paint: Paint?) -> String {
    guard colored, let paint, !text.isEmpty else { return text }
    return "\u{1B}[\(paint.rawValue)m\(text)\u{1B}[0m"
  }

  /// The colour that a plugin's state has.
  static func paint(ofState state: String) -> Paint? {
    switch state {
    case "active": .green
    case "failed", "quarantined", "missing": .red
    case "blocked", "quiesced", "cleaning": .yellow
    default: .dim
    }
  }
}
