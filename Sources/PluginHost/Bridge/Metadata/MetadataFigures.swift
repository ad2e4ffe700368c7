import CDovetail
import MetadataStore

/// The figures of the store, as a plugin sees them.
@safe enum MetadataFigures {
  static func raw(_ instance: PluginInstance) throws(ErrorReport) -> dvt_metadata_stats {
    let stats = try MetadataCalls.store(of: instance).stats
    return dvt_metadata_stats(
      struct_size: 0, abi_major: 0, abi_minor: 0, records: UInt64(stats.records),
      bytes: UInt64(stats.bytes), revision: stats.revision, reads: UInt64(stats.reads),
      writes: UInt64(stats.writes), conflicts: UInt64(stats.conflicts),
      unsaved: UInt64(stats.unsaved), watches: UInt64(stats.watchers),
      snapshots: UInt64(instance.core.snapshotPins.total),
      own_snapshots: UInt64(instance.snapshots.count))
  }
}
