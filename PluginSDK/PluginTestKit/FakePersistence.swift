import CDovetail
public import PluginSDK
import Synchronization

/// `dovetail.persistence/1`. Nothing is opened by itself: the test drives what was offered.
enum FakePersistence {
  static func table() -> dvt_persistence {
    var table = dvt_persistence.headed()
    unsafe table.provide = { host, provider, sink in
      guard let seat = unsafe Seat.of(host), let provider = unsafe provider?.pointee else {
        return DVT_INVALID
      }
      let offered = unsafe OfferedProvider(provider)
      let isNew = seat.core.state.withLock { state in
        state.providers.updateValue(offered, forKey: offered.name) == nil
      }
      guard isNew else {
        unsafe PluginError.refusal("the provider \"\(offered.name)\" is offered already").report(
          to: sink)
        return DVT_EXISTS
      }
      return DVT_OK
    }
    return table
  }
}

extension TestHost {
  /// The provider of the metadata store that a plugin offered.
  ///
  /// - Parameter name: Its name.
  /// - Returns: `nil` when nobody offered one.
  public func provider(_ name: String) -> OfferedProvider? {
    core.state.withLock { $0.providers[name] }
  }
}

/// A provider that a plugin offered, as the host would call it; one call at a time.
@safe public final class OfferedProvider: @unchecked Sendable {
  // Safe: the functions lie in an image that stays mapped while its plugin runs.
  /// What `metadata.provider` would say.
  public let name: String
  private let table: dvt_provider

  init(_ provider: dvt_provider) {
    name = unsafe provider.name.string
    unsafe table = unsafe provider
  }

  /// Collects what it shows.
  private final class Shown {
    var records: [KeptRecord] = []
    var notes: [String] = []

    var context: UnsafeMutableRawPointer { unsafe Unmanaged.passUnretained(self).toOpaque() }

    static func of(_ context: UnsafeMutableRawPointer?) -> Shown? {
      unsafe context.map { unsafe Unmanaged<Shown>.fromOpaque($0).takeUnretainedValue() }
    }

    static let record: dvt_kept_receiver = { context, record in
      guard let shown = unsafe Shown.of(context), let record = unsafe record else {
        return DVT_INVALID
      }
      unsafe shown.records.append(KeptRecord(record.pointee))
      return DVT_OK
    }
  }

  /// Opens it.
  ///
  /// - Parameters:
  ///   - directory: The provider's own folder, which exists.
  ///   - options: JSON text of an object.
  /// - Returns: What it showed, what it noted, and the revision to go on from.
  /// - Throws: What it reported.
  public func open(
    _ directory: String, options: String = "{}"
  ) throws(PluginError) -> (records: [KeptRecord], notes: [String], revision: UInt64) {
    let shown = Shown()
    let arena = Arena()
    var opened = dvt_opened.headed()
    var opening = unsafe dvt_opening.headed()
    unsafe opening.directory = unsafe arena.text(directory)
    unsafe opening.options = unsafe arena.text(options)
    unsafe opening.context = unsafe shown.context
    unsafe opening.record = Shown.record
    unsafe opening.note = { context, sentence in
      unsafe Shown.of(context)?.notes.append(sentence.string)
    }
    unsafe try attempt { unsafe table.open?(table.context, &opening, &opened, $0) ?? DVT_INVALID }
    withExtendedLifetime(arena) {}
    return (shown.records, shown.notes, opened.revision)
  }

  /// Every record as it was saved last.
  ///
  /// - Throws: What it reported.
  public func all() throws(PluginError) -> [KeptRecord] {
    let shown = Shown()
    unsafe try attempt {
      unsafe table.for_each?(table.context, Shown.record, shown.context, $0) ?? DVT_INVALID
    }
    return shown.records
  }

  /// Saves records and removals as one batch.
  ///
  /// - Returns: The safety that it says it reached.
  /// - Throws: What it reported.
  public func save(
    _ records: [KeptRecord], revision: UInt64, durability: Durability = .disk
  ) throws(PluginError) -> Durability {
    let arena = Arena()
    var batch = unsafe dvt_batch.headed()
    unsafe batch.revision = revision
    unsafe batch.records = unsafe arena.array(records.map { unsafe $0.raw(arena) })
    unsafe batch.count = UInt64(records.count)
    unsafe batch.durability = durability.rawValue
    var reached: UInt32 = 0
    unsafe try attempt { unsafe table.save?(table.context, &batch, &reached, $0) ?? DVT_INVALID }
    withExtendedLifetime(arena) {}
    return Durability(rawValue: reached) ?? .memory
  }

  /// Closes it.
  ///
  /// - Throws: What it reported.
  public func close() throws(PluginError) {
    unsafe try attempt { unsafe table.close?(table.context, $0) ?? DVT_INVALID }
  }
}
