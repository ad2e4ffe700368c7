/// What a scan of a plugin folder found.
public struct ScanResult: Sendable {
  /// The usable plugins, sorted by the bytes of their file names.
  public let records: [PluginRecord]
  /// The files that are none, sorted the same way.
  public let problems: [DiscoveryProblem]
  /// How many plugin files were opened: 0 when the registry cache knew them all.
  public let opened: Int
  /// When the scan began, in nanoseconds since 1970.
  let began: Int64

  /// How old a change must be to be trusted: a file may change twice within one tick of its file system's clock.
  static let settling: Int64 = 2_000_000_000

  /// The records that a cache may keep: those that changed more than two seconds before the scan.
  var cacheable: [PluginRecord] {
    records.filter { record in
      guard case .fresh(let fresh) = record.content else { return true }
      return isSettled(record.identity)
        && fresh.inspection.sidecar.map { isSettled($0.identity) } ?? true
    }
  }

  private func isSettled(_ identity: FileIdentity) -> Bool {
    max(identity.modified, identity.changed) <= began &- ScanResult.settling
  }
}
