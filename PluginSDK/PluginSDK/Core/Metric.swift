import CDovetail

/// One figure of a plugin's, as `dovetail metrics` shows it.
public struct Metric: Sendable {
  /// Whether a figure only grows.
  public enum Kind: UInt32, Sendable {
    /// Only ever grows within a generation.
    case counter = 1
    /// Goes up and down.
    case gauge = 2
  }

  /// Lower case with underscores, unit last, such as `lines_read_total`.
  public let name: String
  /// Whether it only grows.
  public let kind: Kind
  /// The figure.
  public let value: Double
  /// Names and values that tell figures of one name apart, at most 16.
  public let labels: [(name: String, value: String)]

  /// A figure that only ever grows within a generation.
  public static func counter(
    _ name: String, _ value: Double, _ labels: (name: String, value: String)...
  ) -> Metric {
    Metric(name: name, kind: .counter, value: value, labels: labels)
  }

  /// A figure that goes up and down.
  public static func gauge(
    _ name: String, _ value: Double, _ labels: (name: String, value: String)...
  ) -> Metric {
    Metric(name: name, kind: .gauge, value: value, labels: labels)
  }

  /// Hands the figure to the host.
  func report(to sink: UnsafePointer<dvt_metric_sink>) {
    guard let report = unsafe sink.pointee.report else { return }
    let arena = Arena()
    var metric = unsafe dvt_metric.headed()
    unsafe metric.kind = kind.rawValue
    unsafe metric.value = value
    unsafe metric.name = unsafe arena.text(name)
    unsafe metric.labels = unsafe arena.attributes(labels)
    unsafe metric.label_count = UInt64(labels.count)
    unsafe report(sink.pointee.context, &metric)
    withExtendedLifetime(arena) {}
  }
}
