import CDovetail
import MetadataStore

/// Opens, closes and finds the snapshots that plugins hold.
@safe enum MetadataSnapshots {
  /// Holds the store as it is now.
  ///
  /// - Throws: DVT_FULL, DVT_INVALID.
  static func open(
    _ instance: PluginInstance, _ out: UnsafeMutablePointer<dvt_handle>?,
    _ revision: UnsafeMutablePointer<UInt64>?
  ) throws(ErrorReport) -> Int32 {
    guard let out = unsafe out else { throw ErrorReport(DVT_INVALID, "out must not be NULL") }
    guard instance.snapshots.count < PinnedSnapshot.most else {
      throw ErrorReport(
        DVT_FULL,
        "\(instance.owner) holds \(PinnedSnapshot.most) snapshots open; close those it has read")
    }
    let snapshot = try MetadataCalls.store(of: instance).snapshot
    let pinned = PinnedSnapshot(snapshot, of: instance.id, in: instance.core.snapshotPins)
    unsafe out.pointee = instance.register(.snapshot(pinned))
    unsafe revision?.pointee = snapshot.revision
    return DVT_OK
  }

  /// Lets a snapshot go.
  ///
  /// - Throws: DVT_GONE.
  static func close(_ instance: PluginInstance, _ handle: dvt_handle) throws(ErrorReport) -> Int32 {
    _ = try find(instance, handle)
    _ = instance.take(handle)
    return DVT_OK
  }

  /// The snapshot behind a handle; the store as it is now for one that is all zero.
  ///
  /// - Throws: DVT_GONE.
  static func reading(
    _ instance: PluginInstance, _ handle: dvt_handle
  ) throws(ErrorReport) -> MetadataSnapshot {
    if handle.token == 0 { return try MetadataCalls.store(of: instance).snapshot }
    return try find(instance, handle)
  }

  /// The snapshot behind a handle.
  ///
  /// - Throws: DVT_GONE.
  static func find(
    _ instance: PluginInstance, _ handle: dvt_handle
  ) throws(ErrorReport) -> MetadataSnapshot {
    guard case .snapshot(let pinned)? = instance.registration(handle) else {
      if handle.plugin == instance.number, let shown = instance.core.reviewSnapshots[handle.token] {
        return shown
      }
      throw ErrorReport(
        DVT_GONE, "handle \(handle.token) names no open snapshot of \(instance.owner)")
    }
    return pinned.snapshot
  }
}
