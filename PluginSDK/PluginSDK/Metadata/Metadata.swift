import CDovetail

/// Typed, versioned records that all plugins of a host share.
///
/// Every method may throw `denied` (`permissions.metadata`), `invalid`, `unsupported` or `gone`.
/// Threading: every method may be called from any thread.
public struct Metadata: Sendable {
  private let context: PluginContext

  init(_ context: PluginContext) {
    self.context = context
  }

  private func table() throws(PluginError) -> UnsafePointer<dvt_metadata> {
    guard let table = unsafe context.link.metadata else {
      throw HostLink.missing("dovetail.metadata/1")
    }
    return unsafe table
  }

  /// Reads one record, or `nil` when there is none.
  public func get(_ collection: String, _ key: String) throws(PluginError) -> Record? {
    guard let get = unsafe try table().pointee.get else {
      throw HostLink.missing("dovetail.metadata/1")
    }
    let found = Found()
    do throws(PluginError) {
      unsafe try attempt { error in
        unsafe collection.borrowed { collection in
          unsafe key.borrowed {
            unsafe get(context.link.host, collection, $0, Found.receive, found.pointer, error)
          }
        }
      }
    } catch {
      guard error.code == .notFound else { throw error }
      return nil
    }
    return found.records.first
  }

  /// The records of a collection whose keys begin with `prefix`, by key, from one consistent snapshot.
  public func list(_ collection: String, prefix: String = "") throws(PluginError) -> [Record] {
    guard let list = unsafe try table().pointee.list else {
      throw HostLink.missing("dovetail.metadata/1")
    }
    let found = Found()
    unsafe try attempt { error in
      unsafe collection.borrowed { collection in
        unsafe prefix.borrowed {
          unsafe list(context.link.host, collection, $0, Found.receive, found.pointer, error)
        }
      }
    }
    return found.records
  }

  /// Creates or changes one record.
  ///
  /// - Parameters:
  ///   - collection: A plugin's own collections begin with its id.
  ///   - key: 1…512 bytes.
  ///   - value: What to keep.
  ///   - expect: What must be there.
  ///   - durability: The least that is asked.
  /// - Returns: What was written, or the record that was in the way.
  /// - Throws: `tooLarge`, `failed` (storage; nothing changed), `notCommitted`.
  @discardableResult
  public func put(
    _ collection: String, _ key: String, _ value: Value, expect: Expectation = .any,
    durability: Durability = .memory
  ) throws(PluginError) -> WriteOutcome {
    let write = Write(collection, key, value, expect, durability)
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
    let write = Write(collection, key, .null, expect, durability)
    return unsafe try change(write, try table().pointee.remove)
  }

  /// Reports every later change of a collection, in order, one call at a time.
  ///
  /// - Parameters:
  ///   - collection: The collection.
  ///   - prefix: Of keys; empty = all.
  ///   - name: Unique in the plugin; empty = collection/prefix#ordinal.
  ///   - revision: Changes after this revision; 0 = from now on.
  ///   - handler: Runs on a thread of the host.
  /// - Returns: The watch; need not be kept.
  /// - Throws: `exists` (name), `unavailable` when changes after `revision` are no longer held: list anew and watch from that
  ///   revision.
  @discardableResult
  public func watch(
    _ collection: String, prefix: String = "", name: String = "", from revision: UInt64 = 0,
    _ handler: @escaping @Sendable (Record) throws -> Void
  ) throws(PluginError) -> Registration {
    guard let watch = unsafe try table().pointee.watch else {
      throw HostLink.missing("dovetail.metadata/1")
    }
    let box = WatchBox(handler)
    let arena = Arena()
    var options = unsafe dvt_watch.headed()
    unsafe options.name = unsafe arena.text(name)
    unsafe options.collection = unsafe arena.text(collection)
    unsafe options.prefix = unsafe arena.text(prefix)
    unsafe options.from_revision = revision
    defer { withExtendedLifetime(arena) {} }
    return unsafe try context.register(box, .watch) { handle, error in
      unsafe watch(context.link.host, &options, WatchBox.receive, box.pointer, handle, error)
    }
  }

  private typealias Change =
    @convention(c) (
      UnsafePointer<dvt_host>?, UnsafePointer<dvt_write>?, UnsafeMutablePointer<dvt_written>?,
      dvt_record_receiver?, UnsafeMutableRawPointer?, UnsafePointer<dvt_error_sink>?
    ) -> Int32

  private func change(_ write: Write, _ change: Change?) throws(PluginError) -> WriteOutcome {
    guard let change = unsafe change else { throw HostLink.missing("dovetail.metadata/1") }
    let current = Found()
    var written = dvt_written.headed()
    var raw = unsafe write.raw
    defer { withExtendedLifetime((write, current)) {} }
    do throws(PluginError) {
      unsafe try attempt { error in
        unsafe change(context.link.host, &raw, &written, Found.receive, current.pointer, error)
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
