import HostSupport
import MetadataStore

/// The figures of the host and of its plugins, and what the host is configured with, now and before.
extension Host {
  /// The figures of the host and of all plugins.
  public func metrics() throws(OperationError) -> [MetricReport] {
    MetricsCollector(host: self).collect()
  }

  /// What one figure was, as the store's provider kept it.
  ///
  /// - Parameters:
  ///   - series: The figure's name with its labels, as `MetricReport.series` has it.
  ///   - from: The first moment, nanoseconds since 1970-01-01 UTC.
  ///   - limit: How many of the latest samples to return, 1….
  /// - Returns: By time; empty for a figure that was never kept.
  /// - Throws: `unavailable` when there is no store, `refused` when its provider keeps no history, `failed` when it cannot read.
  public func metricsHistory(
    _ series: String, from: Int64, limit: Int
  ) throws(OperationError) -> MetricHistoryReport {
    guard let keeper = core.seat.keeper else {
      throw OperationError(.unavailable, "there is no metadata store that could keep figures")
    }
    let found: [MetricSample]?
    do throws(MetadataError) {
      found = keeper.keepsMetrics ? try keeper.metrics(series, from: from, until: .max) : nil
    } catch {
      throw OperationError(error)
    }
    guard let found else {
      throw OperationError(
        .refused, "the provider '\(keeper.name)' keeps no history of figures",
        advice:
          "set metadata.provider to one that does, such as 'sqlite' of the plugin sqlite-store")
    }
    return MetricHistoryReport(
      series: series,
      samples: found.suffix(limit).map {
        MetricHistoryReport.Sample(time: LogTime.rfc3339($0.time), value: $0.value)
      }, omitted: max(0, found.count - limit))
  }

  /// What the host is configured with, in this run and in the one before.
  ///
  /// - Returns: Without the run before where no provider keeps it.
  /// - Throws: `failed` when the provider cannot read it.
  public func session() throws(OperationError) -> SessionReport {
    do throws(MetadataError) {
      let kept = try core.seat.keeper.flatMap { (keeper) throws(MetadataError) in
        try SessionReport.kept(with: keeper)
      }
      return SessionReport(
        run: run, before: kept?.run.started == run.started ? kept?.before : kept?.run)
    } catch {
      throw OperationError(error)
    }
  }
}
