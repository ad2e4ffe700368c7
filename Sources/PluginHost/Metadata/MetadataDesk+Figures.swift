import HostSupport
import MetadataStore

extension MetadataDesk {
  /// What the store holds and has done.
  public var report: MetadataReport {
    let stats = store.stats
    let snapshot = store.snapshot
    return MetadataReport(
      provider: provider, records: stats.records, bytes: stats.bytes,
      mostRecords: stats.limit?.records, mostBytes: stats.limit?.bytes, revision: stats.revision,
      reads: stats.reads, writes: stats.writes, conflicts: stats.conflicts,
      watches: stats.watchers, unsaved: stats.unsaved,
      unsavedSeconds: Double(stats.unsavedAge) / 1e9, expiring: stats.expiring,
      heldAfter: stats.heldAfter, saveFailure: stats.saveFailure ?? snapshotProblem,
      pluginSnapshots: pluginPins, operatorSnapshots: pins.count,
      collections: snapshot.collectionNames.map { name in
        let definition = store.definition(of: name)
        return MetadataReport.Collection(
          name: name, records: snapshot.count(in: name), bytes: snapshot.bytes(in: name),
          definition: definition?.version,
          indexes: indexes(of: name, stats))
      },
      validators: store.validators.all.map { status in
        MetadataReport.Validator(
          name: status.name, pattern: status.pattern, reviews: status.reviews,
          amendments: status.amendments, vetoes: status.vetoes, overruns: status.overruns,
          failures: status.failures, skipped: status.skipped, isSuspended: status.isSuspended)
      })
  }

  private func indexes(of collection: String, _ stats: MetadataStats) -> [String] {
    let ready = stats.indexes.filter { $0.collection == collection }.map { size in
      "\(size.index.kind) \(size.index.path) (\(size.entries))"
    }
    let building = store.indexesInProgress.filter { $0.collection == collection }.map { build in
      "\(build.index.kind) \(build.index.path) (building, \(build.done) of \(build.total))"
    }
    return ready + building
  }
}
