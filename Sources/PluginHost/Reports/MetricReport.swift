/// One figure of the host's or a plugin's.
public struct MetricReport: Codable, Sendable, Equatable {
  /// How the figure moves.
  public enum Kind: String, Codable, Sendable {
    /// It only grows.
    case counter
    /// It goes up and down.
    case gauge
  }

  /// Lower case with underscores, unit last, such as "events_published_total".
  public var name: String
  /// How the figure moves.
  public var kind: Kind
  /// The figure.
  public var value: Double
  /// What it is of; "plugin" names the plugin it belongs to.
  public var labels: [String: String]

  /// Describes a figure.
  public init(_ name: String, _ kind: Kind, _ value: Double, labels: [String: String] = [:]) {
    self.name = name
    self.kind = kind
    self.value = value
    self.labels = labels
  }
}
