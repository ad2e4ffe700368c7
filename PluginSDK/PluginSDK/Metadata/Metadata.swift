import CDovetail

/// Typed, versioned records that all plugins of a host share.
///
/// Every method may throw `denied` (`permissions.metadata`), `invalid`, `unsupported` or `gone`.
/// Threading: every method may be called from any thread.
public struct Metadata: Sendable {
  package let context: PluginContext

  init(_ context: PluginContext) {
    self.context = context
  }

  var host: UnsafePointer<dvt_host> { unsafe context.link.host }

  private func table() throws(PluginError) -> UnsafePointer<dvt_metadata> {
    guard let table = unsafe context.link.metadata else {
      throw HostLink.missing("dovetail.metadata/1")
    }
    return unsafe table
  }

  /// The table with all that revision 2 has.
  func extended() throws(PluginError) -> UnsafePointer<dvt_metadata> {
    let table = unsafe try table()
    guard unsafe table.pointee.struct_size >= UInt32(MemoryLayout<dvt_metadata>.size) else {
      throw Self.tooOld
    }
    return unsafe table
  }

  static var tooOld: PluginError { HostLink.missing("dovetail.metadata/2") }

  /// Reads one record, or `nil` when there is none.
  public func get(_ collection: String, _ key: String) throws(PluginError) -> Record? {
    guard let get = unsafe try table().pointee.get else {
      throw HostLink.missing("dovetail.metadata/1")
    }
    return unsafe try Found.one { found, error in
      unsafe collection.borrowed { collection in
        unsafe key.borrowed {
          unsafe get(host, collection, $0, Found.receive, found, error)
        }
      }
    }
  }

  /// The records of a collection whose keys begin with `prefix`, by key, from one consistent snapshot.
  public func list(_ collection: String, prefix: String = "") throws(PluginError) -> [Record] {
    guard let list = unsafe try table().pointee.list else {
      throw HostLink.missing("dovetail.metadata/1")
    }
    return unsafe try Found.all { found, error in
      unsafe collection.borrowed { collection in
        unsafe prefix.borrowed {
          unsafe list(host, collection, $0, Found.receive, found, error)
        }
      }
    }
  }

  /// Creates or changes one record.
  ///
  /// - Parameters:
  ///   - collection: A plugin's own collections begin with its id.
  ///   - key: 1…512 bytes.
  ///   - value: What to keep.
  ///   - expect: What must be there.
  ///   - durability: The least that is asked.
  ///   - expiry: When it is removed by itself; an older host knows only never.
  /// - Returns: What was written, or the record that was in the way.
  /// - Throws: `tooLarge`, `failed` (storage; nothing changed), `notCommitted`.
  @discardableResult
  public func put(
    _ collection: String, _ key: String, _ value: Value, expect: Expectation = .any,
    durability: Durability = .memory, expiry: Expiry = .byCollection
  ) throws(PluginError) -> WriteOutcome {
    let write = RecordChange.put(
      collection, key, value, expect: expect, durability: durability, expiry: expiry)
    return unsafe try change(write, try table().pointee.put)
  }

  /// Removes one record.
  ///
  /// - Parameters:
  ///   - collection: The collection.
  ///   - key: The key.
  ///   - expect: What must be there.
  ///   - durability: The least that is asked.
  /// - Returns: What was written, or the record that was in the way.
  /// - Throws: `notFound`, `failed` (storage; nothing changed), `notCommitted`.
  @discardableResult
  public func remove(
    _ collection: String, _ key: String, expect: Expectation = .any,
    durability: Durability = .memory
  ) throws(PluginError) -> WriteOutcome {
    let write = RecordChange.remove(collection, key, expect: expect, durability: durability)
    return unsafe try change(write, try table().pointee.remove)
  }

  /// Reports every later change of a collection, in order, one call at a time.
  ///
  /// - Parameters:
  ///   - collection: The collection.
  ///   - prefix: Of keys; empty = all.
  ///   - name: Unique in the plugin; empty = collection/prefix#ordinal.
  ///   - revision: Changes after this revision; 0 = from now on.
  ///   - key: Watch this one; empty = `prefix` counts.
  ///   - condition: What follows `where` in a query: only records that fulfil it, and once more one that does no longer (`hasLeft`).
  ///   - parameters: Of the condition, as of `query`.
  ///   - resync: Called when the plugin was so slow that changes are no longer held: list anew; changes after the revision
  ///     that it is given follow.
  ///   - handler: Runs on a thread of the host.
  /// - Returns: The watch; need not be kept.
  /// - Throws: `exists` (name), `unavailable` when changes after `revision` are no longer held: list anew and watch from that
  ///   revision.
  @discardableResult
  public func watch(
    _ collection: String, prefix: String = "", name: String = "", from revision: UInt64 = 0,
    key: String = "", where condition: String = "", _ parameters: Value = .null,
    resync: (@Sendable (UInt64) throws -> Void)? = nil,
    _ handler: @escaping @Sendable (Record) throws -> Void
  ) throws(PluginError) -> Registration {
    guard let watch = unsafe try table().pointee.watch else {
      throw HostLink.missing("dovetail.metadata/1")
    }
    let box = WatchBox(handler, resync)
    let arena = Arena()
    var options = unsafe dvt_watch.headed()
    unsafe options.name = unsafe arena.text(name)
    unsafe options.collection = unsafe arena.text(collection)
    unsafe options.prefix = unsafe arena.text(key.isEmpty ? prefix : key)
    unsafe options.key = unsafe arena.text(key)
    unsafe options.condition = unsafe arena.text(condition)
    unsafe options.parameters = unsafe parameters.raw(arena)
    unsafe options.from_revision = revision
    defer { withExtendedLifetime(arena) {} }
    return unsafe try context.register(box, .watch) { handle, error in
      unsafe watch(host, &options, WatchBox.receive, box.pointer, handle, error)
    }
  }

  private typealias Change =
    @convention(c) (
      UnsafePointer<dvt_host>?, UnsafePointer<dvt_write>?, UnsafeMutablePointer<dvt_written>?,
      dvt_record_receiver?, UnsafeMutableRawPointer?, UnsafePointer<dvt_error_sink>?
    ) -> Int32

  private func change(_ wish: RecordChange, _ change: Change?) throws(PluginError) -> WriteOutcome {
    guard let change = unsafe change else { throw HostLink.missing("dovetail.metadata/1") }
    let current = Found()
    let write = Write()
    var written = dvt_written.headed()
    var raw = unsafe write.raw(wish)
    defer { withExtendedLifetime((write, current)) {} }
    do throws(PluginError) {
      unsafe try attempt { error in
        unsafe change(host, &raw, &written, Found.receive, current.pointer, error)
      }
    } catch {
      guard error.code == .conflict else { throw error }
      return .conflict(current: current.records.first)
    }
    return .written(Written(written))
  }
}

extension PluginContext {
  /// Records that all plugins of the host share.
  public var metadata: Metadata { Metadata(self) }
}
