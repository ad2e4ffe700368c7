extension HostConfiguration {
  /// A key whose value a host takes when it starts, and keeps.
  private struct StartKey: Sendable {
    let path: String
    let differs: @Sendable (HostConfiguration, HostConfiguration) -> Bool
    let take: @Sendable (inout HostConfiguration, HostConfiguration) -> Void

    init<Value: Equatable & Sendable>(
      _ path: String, _ member: any WritableKeyPath<HostConfiguration, Value> & Sendable
    ) {
      self.path = path
      differs = { $0[keyPath: member] != $1[keyPath: member] }
      take = { $0[keyPath: member] = $1[keyPath: member] }
    }
  }

  private static let startKeys = [
    StartKey("plugins", \.plugins), StartKey("state", \.state), StartKey("name", \.name),
    StartKey("mode", \.mode), StartKey("watch", \.watch),
    StartKey("debounceMilliseconds", \.debounceMilliseconds),
    StartKey("gateDeadline", \.gateDeadline), StartKey("crash", \.crash),
    StartKey("retiredBudget.images", \.retiredBudget.images),
    StartKey("retiredBudget.bytes", \.retiredBudget.bytes),
    StartKey("asyncThreads", \.asyncThreads), StartKey("depthLimit", \.depthLimit),
    StartKey("log.format", \.log.format), StartKey("journal.fsync", \.journalFsync),
    StartKey("metadata.provider", \.metadata.provider),
    StartKey("metadata.path", \.metadata.path),
    StartKey("metadata.options", \.metadata.options),
    StartKey("metadata.snapshots.provider", \.metadata.snapshots.provider),
    StartKey("metadata.snapshots.seconds", \.metadata.snapshots.seconds),
    StartKey("metadata.providerDeadline", \.metadata.providerDeadline),
    StartKey("metadata.memory.records", \.metadata.memory.records),
    StartKey("metadata.memory.bytes", \.metadata.memory.bytes),
  ]

  /// Paths of the keys that take effect only when a host starts.
  public static var keysOfStart: [String] { startKeys.map(\.path) }

  /// What a running host can follow of a configuration that was read anew.
  ///
  /// - Parameter wanted: What was read.
  /// - Returns: The wanted configuration with the present values of the keys that take effect only at start, and which of
  ///   those differ.
  func following(_ wanted: HostConfiguration) -> (next: HostConfiguration, kept: [String]) {
    var next = wanted
    for key in Self.startKeys {
      key.take(&next, self)
      next.given[key.path] = given[key.path]
    }
    return (next, Self.startKeys.filter { $0.differs(self, wanted) }.map(\.path))
  }
}
