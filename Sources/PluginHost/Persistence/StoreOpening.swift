import EventBus
import FoundationEssentials
import HostSupport
import MetadataStore

/// Opens the metadata store on the provider that the configuration names, and brings over the records of the one before.
///
/// Threading: the thread that makes the host, then the control thread.
struct StoreOpening: Sendable {
  let configuration: HostConfiguration.Metadata
  let state: StateDirectory
  let log: LogWriter
  let providers: PersistenceRegistry
  let seat: StoreSeat
  let dispatch: MetadataStore.Dispatch

  /// Documents that a switch copies beside the records.
  static let sessions = [SessionReport.session]

  /// What keeps the records: of a store in memory, what takes its snapshots.
  private var keeper: HostConfiguration.Metadata.Provider {
    guard configuration.provider == .memory else { return configuration.provider }
    return configuration.snapshots.provider ?? .memory
  }

  /// Where the records are to be.
  private var wanted: ProviderMark.Place {
    let provider = keeper
    return ProviderMark.Place(
      provider: provider.rawValue, path: provider == .file ? filePath : nil,
      options: provider.isInKernel ? .object([:]) : configuration.options)
  }

  private var filePath: String { configuration.path ?? state.path(of: "store") }

  /// Opens the store where no plugin is needed for it.
  ///
  /// - Throws: What the provider throws.
  func openEarly() throws(MetadataError) {
    let mark = try mark()
    guard !needsPlugins(mark) else {
      return seat.wait(
        because: "the metadata store is carried by the provider '\(wanted.provider)' of a plugin "
          + "and opens after pre_init of all plugins: use it from init on")
    }
    try open(wanted, mark)
  }

  private func needsPlugins(_ mark: ProviderMark?) -> Bool {
    if !keeper.isInKernel { return true }
    guard let mark, keeper != .memory else { return false }
    return mark.current.provider != wanted.provider
  }

  /// Opens the store on a plugin's provider, or after a switch from one, when `pre_init` of all plugins is over.
  ///
  /// What cannot be opened is logged and told to every caller; the host goes on. A provider that was missing at the start may
  /// come with a plugin that is loaded later.
  func openLate(isStartup: Bool) {
    if let store = try? seat.store { return resumeSnapshots(of: store) }
    guard isStartup || providers.offer(wanted.provider) != nil else { return }
    do throws(MetadataError) {
      let mark = try mark()
      let target = try provider(of: wanted)
      guard let mark, mark.current.provider != wanted.provider, target.strongest > .memory else {
        return try open(wanted, mark)
      }
      do throws(MetadataError) {
        try open(wanted, try bringOver(mark, to: target))
      } catch {
        let problem =
          "the metadata store stays on the provider '\(mark.current.provider)', because its records "
          + "could not be copied to '\(wanted.provider)': \(error)"
        log.log(.error, "metadata", problem)
        try open(mark.current, mark, problem: problem)
      }
    } catch {
      let reason = "there is no metadata store: \(error)"
      log.log(.error, "metadata", reason)
      seat.fail(reason)
    }
  }

  /// Goes on with the snapshots of a store in memory when the plugin that takes them is back.
  private func resumeSnapshots(of store: MetadataStore) {
    guard let name = seat.lostKeeper, providers.offer(name) != nil else { return }
    do throws(MetadataError) {
      let provider = try provider(of: wanted)
      let saver = try SnapshotSaver(
        every: configuration.snapshots.seconds * 1_000, resuming: provider
      ) { store.snapshot }
      seat.resume(StoreSeat.Snapshots(saver: saver, target: provider))
      log.log(.info, "metadata", "snapshots of the store in memory go to '\(name)' again")
    } catch {
      log.log(.error, "metadata", "the store in memory is still not saved: \(error)")
    }
  }

  /// Seats a store on a place.
  private func open(
    _ place: ProviderMark.Place, _ mark: ProviderMark?, problem: String? = nil
  ) throws(MetadataError) {
    let provider = try provider(of: place)
    let isInMemory = configuration.provider == .memory && provider.strongest > .memory
    let carried = SwitchableProvider(
      isInMemory ? MemoryProvider(restoring: provider) : provider)
    let store = try MetadataStore(
      carried, validators: seat.validators, dispatch: dispatch)
    if configuration.provider == .memory { store.setLimit(configuration.memory.limit) }
    for note in store.loadReport.notes { log.log(.warning, "metadata", note) }
    // A provider that keeps nothing is in charge of nothing.
    if provider.strongest > .memory, mark?.current != place {
      var next = mark ?? ProviderMark(current: place)
      next.current = place
      do throws(MetadataError) {
        try next.write(in: state)
      } catch {
        try? store.close()
        throw error
      }
    }
    guard isInMemory else { return seat.seat(store, on: carried, problem: problem) }
    let snapshots = try SnapshotSaver(
      every: configuration.snapshots.seconds * 1_000, to: provider, since: store.snapshot
    ) { store.snapshot }
    seat.seat(
      store, on: carried, saving: StoreSeat.Snapshots(saver: snapshots, target: provider),
      problem: problem)
  }

  /// A provider for a place, not yet open.
  private func provider(
    of place: ProviderMark.Place
  ) throws(MetadataError) -> any PersistenceProvider {
    switch HostConfiguration.Metadata.Provider(rawValue: place.provider) {
    case .file: return FileProvider(path: place.path ?? filePath)
    case .memory: return MemoryProvider()
    default: break
    }
    guard let offer = providers.offer(place.provider) else {
      let others = providers.names
      throw .unavailable(
        "no plugin that runs offers the provider '\(place.provider)'"
          + (others.isEmpty ? "" : ", only \(others.joined(separator: ", "))")
          + "; put its plugin into the plugin folder ('dovetail list' shows whether it failed), or set "
          + "metadata.provider to another, and restart the host")
    }
    return PatientProvider(
      PluginProvider(offer, directory: try folder(of: place.provider), options: place.options),
      milliseconds: configuration.providerDeadline)
  }

  /// The folder that a plugin's provider has to itself.
  private func folder(of name: String) throws(MetadataError) -> String {
    do throws(SystemError) {
      // A provider syncs what is in its folder; that the folder is on the disk is up to us.
      try state.root.makeDirectory("stores")
      try state.root.sync()
      let stores = try state.directory("stores")
      try stores.makeDirectory(name)
      try stores.sync()
      return state.path(of: "stores/\(name)")
    } catch {
      throw .storage("cannot make \(state.path(of: "stores/\(name)")): \(error)")
    }
  }

  /// Who had the records last: before there was a mark it was the `file` provider, where its folder holds a store.
  private func mark() throws(MetadataError) -> ProviderMark? {
    if let mark = try ProviderMark.read(in: state) { return mark }
    guard FileStatus.exists("\(filePath)/store.json") else { return nil }
    return ProviderMark(current: ProviderMark.Place(provider: "file", path: filePath))
  }

  // MARK: Switching

  /// A provider that was opened, and what it showed.
  private struct Opened {
    let provider: any PersistenceProvider
    let place: ProviderMark.Place
    var digest = RecordDigest()
    var revision: UInt64 = 0

    init(_ provider: any PersistenceProvider, _ place: ProviderMark.Place) {
      self.provider = provider
      self.place = place
    }

    mutating func open() throws(MetadataError) {
      revision = try provider.load { digest.add($0) }.revision
    }
  }

  /// Copies everything from the provider that is in charge to the one that is wanted. Both are closed afterwards.
  ///
  /// - Returns: The mark to go on with.
  /// - Throws: `MetadataError`; the former provider is as it was and stays in charge.
  private func bringOver(
    _ mark: ProviderMark, to target: any PersistenceProvider
  ) throws(MetadataError) -> ProviderMark {
    var source = Opened(try provider(of: mark.current), mark.current)
    try source.open()
    defer { try? source.provider.hurrying(source.provider.close) }
    var opened = Opened(target, wanted)
    try opened.open()
    do throws(MetadataError) {
      let next = try copy(from: source, to: opened, mark) { progress in
        log.log(.info, "metadata", "switching to '\(target.name)': \(progress)")
      }
      try target.hurrying(target.close)
      return next
    } catch {
      try? target.hurrying(target.close)
      throw error
    }
  }

  /// Copies between two that are open, and changes the mark.
  private func copy(
    from source: Opened, to target: Opened, _ mark: ProviderMark,
    _ tell: @escaping (ProviderSwitch.Progress) -> Void
  ) throws(MetadataError) -> ProviderMark {
    try source.provider.hurrying { () throws(MetadataError) in
      try target.provider.hurrying { () throws(MetadataError) in
        try copyPatiently(from: source, to: target, mark, tell)
      }
    }
  }

  private func copyPatiently(
    from source: Opened, to target: Opened, _ mark: ProviderMark,
    _ tell: @escaping (ProviderSwitch.Progress) -> Void
  ) throws(MetadataError) -> ProviderMark {
    try checkReplaceable(target, source.digest, mark)
    var copying = mark
    copying.copying = target.place
    try copying.write(in: state)
    log.log(
      .info, "metadata",
      "copying \(source.digest.count) records from '\(source.provider.name)' to "
        + "'\(target.provider.name)'")
    let copied = try ProviderSwitch(
      from: source.provider, to: target.provider, sessions: Self.sessions, tell: tell
    ).run(at: max(source.revision, target.revision))
    var next = ProviderMark(current: target.place)
    next.left = mark.left.filter {
      !$0.place.isSame(as: target.place) && !$0.place.isSame(as: mark.current)
    }
    next.left.append(ProviderMark.Left(place: mark.current, digest: copied))
    try next.write(in: state)
    log.log(
      .info, "metadata",
      "\(copied.count) records are with '\(target.provider.name)' now, as count and checksum say; "
        + "'\(source.provider.name)' keeps its own")
    return next
  }

  /// Moves the open store to another provider; writers wait meanwhile.
  ///
  /// - Parameters:
  ///   - name: The provider.
  ///   - tell: Told now and then how far it has come.
  /// - Returns: What the new provider has, as it was read back from it.
  /// - Throws: `MetadataError`; the store is where it was.
  func switchNow(
    to name: String, _ tell: @escaping (ProviderSwitch.Progress) -> Void
  ) throws(MetadataError) -> RecordDigest {
    let store = try seat.store
    guard let present = seat.provider else { throw .closed }
    let place = place(of: name)
    guard present.name != name else {
      throw .invalid("the metadata store is on '\(name)' already")
    }
    let target = try provider(of: place)
    guard present.strongest > .memory, target.strongest > .memory else {
      throw .unsupported(
        "'memory' keeps nothing, so there is nothing to copy; set metadata.provider and restart the host"
      )
    }
    let mark = try mark() ?? ProviderMark(current: wanted)
    try store.flush(.disk)
    var digest = RecordDigest()
    let former = try present.exchange { (former, revision) throws(MetadataError) in
      var source = Opened(former, mark.current)
      source.revision = revision
      try former.hurrying { () throws(MetadataError) in
        try former.forEach { source.digest.add($0) }
      }
      var opened = Opened(target, place)
      try opened.open()
      do throws(MetadataError) {
        guard opened.revision <= revision else {
          throw .storage(
            "'\(name)' has revision \(opened.revision), beyond \(revision); set metadata.provider to "
              + "'\(name)' and restart the host")
        }
        _ = try copy(from: source, to: opened, mark, tell)
      } catch {
        try? target.hurrying(target.close)
        throw error
      }
      digest = source.digest
      return target
    }
    leave(former)
    seat.note(
      name == wanted.provider
        ? nil
        : "the metadata store was moved to '\(name)', but metadata.provider says '\(wanted.provider)': "
          + "change it, or the next start copies the records back")
    return digest
  }

  /// Where a provider is to keep the records: as it is configured, or in its usual place.
  private func place(of name: String) -> ProviderMark.Place {
    if name == wanted.provider { return wanted }
    return ProviderMark.Place(
      provider: name, path: name == "file" ? filePath : nil,
      options: name == "file" ? .object([:]) : configuration.options)
  }

  private func leave(_ former: any PersistenceProvider) {
    do throws(MetadataError) { try former.hurrying(former.close) } catch {
      log.log(
        .warning, "metadata", "'\(former.name)', which was left, did not close well: \(error)")
    }
  }

  /// Refuses to replace records that are nowhere else.
  private func checkReplaceable(
    _ target: Opened, _ source: RecordDigest, _ mark: ProviderMark
  ) throws(MetadataError) {
    let held = target.digest
    if held.count == 0 || held == source { return }
    if let copying = mark.copying, copying.isSame(as: target.place) { return }
    if mark.left.contains(where: { $0.place.isSame(as: target.place) && $0.digest == held }) {
      return
    }
    throw .storage(
      "'\(target.place.provider)' holds \(held.count) records of its own, which the switch would remove; "
        + "move them away, or, to go on with them instead, remove \(state.path(of: "store-provider"))"
    )
  }
}

extension HostConfiguration.Metadata.Memory {
  /// The bound of the store; `nil` when there is none.
  fileprivate var limit: StoreLimit? {
    guard records > 0 || bytes > 0 else { return nil }
    return StoreLimit(
      records: records > 0 ? records : nil, bytes: bytes > 0 ? bytes : nil,
      recordsSource: "metadata.memory.records in the configuration",
      bytesSource: "metadata.memory.bytes in the configuration")
  }
}
