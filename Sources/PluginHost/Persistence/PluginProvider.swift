import CDovetail
import EventBus
import HostSupport
import MetadataStore

/// A plugin's provider as the store sees it: calls run under the guard, and what goes wrong names the plugin.
///
/// Threading: any thread; a provider that does not say that it can do more gets one call at a time.
@safe final class PluginProvider: PersistenceProvider {
  private struct Traffic {
    var isBusy = false
    var beside = 0
    var isClosed = false
    /// Whether a call of it crashed: then it is only closed.
    var hasCrashed = false
  }

  /// Who offers it.
  let offer: PersistenceOffer
  private let directory: String
  private let options: JSON
  private let traffic = Monitor(Traffic())

  /// Makes a provider of an offer; `load` opens it.
  ///
  /// - Parameters:
  ///   - offer: Of a plugin.
  ///   - directory: The provider's own folder, which exists.
  ///   - options: `metadata.options`.
  init(_ offer: PersistenceOffer, directory: String, options: JSON) {
    self.offer = offer
    self.directory = directory
    self.options = options
  }

  var name: String { offer.name }

  var strongest: Durability {
    unsafe offer.table.strongest == DVT_DURABILITY_DISK ? .disk : .os
  }

  var keepsMetrics: Bool {
    unsafe offer.table.save_metrics != nil && offer.table.metrics != nil
  }

  private var isParallel: Bool { unsafe offer.table.flags & DVT_PROVIDER_PARALLEL != 0 }

  // MARK: Records

  func load(_ receive: (MetadataRecord) -> Void) throws(MetadataError) -> LoadReport {
    var opened = dvt_opened(
      struct_size: UInt32(MemoryLayout<dvt_opened>.size), abi_major: UInt16(DVT_ABI_MAJOR),
      abi_minor: UInt16(DVT_ABI_MINOR), revision: 0, format: 0, known_format: 0)
    let notes = try KeptReceiver.with(title, receive) {
      receiver throws(MetadataError) -> [String] in
      do throws(CallError) {
        try unsafe open(receiver, &opened)
      } catch {
        // Why a record could not be read says more than that the provider was told to stop.
        if let failure = receiver.failure { throw failure }
        guard error.code == DVT_UNSUPPORTED, opened.format > opened.known_format else {
          throw error.asMetadataError
        }
        throw .newerFormat(
          path: "the store of \(title)", found: Int(clamping: opened.format),
          supported: Int(clamping: opened.known_format))
      }
      return receiver.notes
    }
    var report = LoadReport()
    report.revision = opened.revision
    report.notes = notes
    return report
  }

  private func open(
    _ receiver: KeptReceiver, _ opened: UnsafeMutablePointer<dvt_opened>
  ) throws(CallError) {
    var outcome: Result<Void, CallError> = .success(())
    unsafe withText(directory) { directory in
      unsafe withText(options.text()) { options in
        var opening = unsafe dvt_opening(
          struct_size: UInt32(MemoryLayout<dvt_opening>.size), abi_major: UInt16(DVT_ABI_MAJOR),
          abi_minor: UInt16(DVT_ABI_MINOR), directory: directory, options: options,
          context: receiver.context, record: KeptReceiver.record, note: KeptReceiver.note)
        outcome = unsafe withUnsafePointer(to: &opening) { opening in
          Result { () throws(CallError) in
            try unsafe call("open", offer.table.open) { table, open, error in
              unsafe open(table.context, opening, opened, error)
            }
          }
        }
      }
    }
    try outcome.get()
  }

  func load(_ collection: String, _ key: String) throws(MetadataError) -> MetadataRecord? {
    var found: MetadataRecord?
    try KeptReceiver.with(title, { found = $0 }) { receiver throws(MetadataError) in
      let isFound = try unsafe ask("load", offer.table.load, beside: true) { table, load, error in
        unsafe withText(collection) { collection in
          unsafe withText(key) { key in
            unsafe load(
              table.context, collection, key, KeptReceiver.record, receiver.context, error)
          }
        }
      }
      if !isFound { found = nil }
    }
    return found
  }

  func forEach(_ receive: (MetadataRecord) -> Void) throws(MetadataError) {
    try KeptReceiver.with(title, receive) { receiver throws(MetadataError) in
      do throws(CallError) {
        try unsafe call("for_each", offer.table.for_each) { table, forEach, error in
          unsafe forEach(table.context, KeptReceiver.record, receiver.context, error)
        }
      } catch {
        throw receiver.failure ?? error.asMetadataError
      }
    }
  }

  func save(
    _ batch: PersistenceBatch, durability: Durability
  ) throws(MetadataError) -> Durability {
    var kept = KeptBatch(batch, durability: durability)
    var reached: UInt32 = 0
    try unsafe withUnsafeMutablePointer(to: &reached) { reached throws(MetadataError) in
      try unsafe kept.lend { batch throws(MetadataError) in
        try unsafe tell("save", offer.table.save) { table, save, error in
          unsafe save(table.context, batch, reached, error)
        }
      }
    }
    return min(Durability(rawValue: Int(reached)) ?? .memory, strongest)
  }

  func sync() throws(MetadataError) {
    try unsafe tell("sync", offer.table.sync) { table, sync, error in
      unsafe sync(table.context, error)
    }
  }

  // MARK: Sessions

  func saveSession(_ session: [UInt8], as name: String) throws(MetadataError) {
    try unsafe tell("save_session", offer.table.save_session) { table, save, error in
      unsafe withText(name) { name in
        unsafe withBytes(session) { bytes in unsafe save(table.context, name, bytes, error) }
      }
    }
  }

  func loadSession(_ name: String) throws(MetadataError) -> [UInt8]? {
    let collector = ReplyCollector(limit: 16 << 20)
    let isFound = try unsafe ask("load_session", offer.table.load_session, beside: true) {
      table, load, error in
      unsafe withText(name) { name in
        unsafe load(table.context, name, collector.sink, error)
      }
    }
    return isFound ? collector.bytes : nil
  }

  // MARK: What a provider may lack

  func backup(
    to path: String, progress: (_ done: Int, _ total: Int) -> Void
  ) throws(MetadataError) {
    guard let backup = unsafe offer.table.backup else {
      throw .unsupported("the provider \(title) makes no backups; export the records instead")
    }
    let outcome = withoutActuallyEscaping(progress) { progress in
      let receiver = ProgressReceiver(progress)
      defer { receiver.end() }
      return Result { () throws(MetadataError) in
        try unsafe tell("backup", backup, beside: true) { table, backup, error in
          unsafe withText(path) { path in
            unsafe backup(
              table.context, path, ProgressReceiver.function, receiver.context, error)
          }
        }
      }
    }
    try outcome.get()
  }

  func search(_ words: String, in collection: String) throws(MetadataError) -> [String]? {
    guard let search = unsafe offer.table.search else { return nil }
    let found = Findings<String>()
    try unsafe tell("search", search, beside: true) { table, search, error in
      unsafe withText(words) { words in
        unsafe withText(collection) { collection in
          unsafe search(table.context, words, collection, Findings.key, found.context, error)
        }
      }
    }
    return found.all
  }

  func saveMetrics(_ samples: [MetricSample]) throws(MetadataError) -> Bool {
    guard let saveMetrics = unsafe offer.table.save_metrics else { return false }
    let lent = SampleLoan(samples)
    try unsafe tell("save_metrics", saveMetrics) { table, save, error in
      unsafe lent.lend { samples in
        unsafe save(table.context, samples.baseAddress, UInt64(samples.count), error)
      }
    }
    return true
  }

  func metrics(
    _ name: String, from: Int64, until: Int64
  ) throws(MetadataError) -> [MetricSample]? {
    guard let metrics = unsafe offer.table.metrics else { return nil }
    let found = Findings<MetricSample>()
    try unsafe tell("metrics", metrics, beside: true) { table, metrics, error in
      unsafe withText(name) { name in
        unsafe metrics(table.context, name, from, until, Findings.sample, found.context, error)
      }
    }
    return found.all
  }

  func close() throws(MetadataError) {
    try unsafe tell("close", offer.table.close, isLast: true) { table, close, error in
      unsafe close(table.context, error)
    }
  }

  // MARK: Calls

  /// Who it is, for messages.
  var title: String { "\(offer.name) of \(offer.owner)" }

  /// A call that failed.
  private struct CallError: Error {
    let code: Int32
    let message: String

    var asMetadataError: MetadataError {
      code == DVT_UNSUPPORTED ? .unsupported(message) : .storage(message)
    }
  }

  /// Makes a call that may answer DVT_NOT_FOUND.
  ///
  /// - Returns: Whether it did not.
  private func ask<Function>(
    _ what: String, _ function: Function?, beside: Bool = false,
    _ body: @escaping (dvt_provider, Function, UnsafePointer<dvt_error_sink>?) -> Int32
  ) throws(MetadataError) -> Bool {
    do throws(CallError) {
      try unsafe call(what, function, beside: beside, body)
      return true
    } catch {
      if error.code == DVT_NOT_FOUND { return false }
      throw error.asMetadataError
    }
  }

  private func tell<Function>(
    _ what: String, _ function: Function?, beside: Bool = false, isLast: Bool = false,
    _ body: @escaping (dvt_provider, Function, UnsafePointer<dvt_error_sink>?) -> Int32
  ) throws(MetadataError) {
    do throws(CallError) {
      try unsafe call(what, function, beside: beside, isLast: isLast, body)
    } catch {
      throw error.asMetadataError
    }
  }

  /// Makes one call of the table when its turn has come.
  private func call<Function>(
    _ what: String, _ function: Function?, beside: Bool = false, isLast: Bool = false,
    _ body: @escaping (dvt_provider, Function, UnsafePointer<dvt_error_sink>?) -> Int32
  ) throws(CallError) {
    guard let function else {
      throw CallError(code: DVT_UNSUPPORTED, message: "the provider \(title) has no \(what)")
    }
    let isBeside = beside && isParallel
    let mayCall = traffic.wait(until: .never) { traffic -> Bool? in
      if traffic.isClosed || (traffic.hasCrashed && !isLast) { return false }
      if isBeside {
        traffic.beside += 1
        return true
      }
      if traffic.isBusy || (isLast && traffic.beside > 0) { return nil }
      traffic.isBusy = true
      traffic.isClosed = isLast
      return true
    }
    guard mayCall == true else {
      throw CallError(
        code: DVT_GONE, message: "the provider \(title) is closed, or crashed in a call before")
    }
    defer {
      traffic.update { traffic in
        if isBeside { traffic.beside -= 1 } else { traffic.isBusy = false }
      }
    }
    let table = unsafe offer.table
    let result = unsafe PluginCall.run(offer.callable) { sink in
      unsafe body(table, function, sink?.assumingMemoryBound(to: dvt_error_sink.self))
    }
    try check(result, what)
  }

  private func check(_ result: CallResult, _ what: String) throws(CallError) {
    if result.code == DVT_OK { return }
    switch result.failure {
    case .crashed:
      traffic.update { $0.hasCrashed = true }
      if let instance = offer.instance {
        instance.core.onCrash(instance, result.fault, "\(what) of the provider \(name)")
      }
      throw CallError(
        code: DVT_CRASHED,
        message:
          "the provider \(title) crashed in \(what) and was contained; no record can be written "
          + "any more: restart the host, and see 'dovetail why \(offer.owner.name)'")
    case .revoked:
      throw CallError(
        code: DVT_GONE,
        message: "the provider \(title) is gone with its plugin; restart the host to write again")
    case .some(let failure):
      throw CallError(
        code: DVT_FAILED, message: ErrorReport(failure, "\(what) of the provider \(title)").message)
    case nil: break
    }
    let report = ErrorCollector.ofThread?.take()
    let message =
      report?.message ?? "it failed with code \(CodeName.of(result.code)) and said no more"
    if result.code != DVT_NOT_FOUND { offer.instance?.noteFailure("\(what): \(message)") }
    throw CallError(
      code: result.code, message: "the provider \(title) could not \(what): \(message)")
  }
}
