import CDovetail

extension Metadata {
  /// Reads one record as it was at a revision, or `nil` when there was none.
  ///
  /// - Throws: `unavailable` when what was there is no longer known, `invalid` for a revision still to come.
  public func get(
    _ collection: String, _ key: String, at revision: UInt64
  ) throws(PluginError) -> Record? {
    guard let get = unsafe try extended().pointee.get_at else { throw Self.tooOld }
    return unsafe try Found.one { found, error in
      unsafe collection.borrowed { collection in
        unsafe key.borrowed {
          unsafe get(host, collection, $0, revision, Found.receive, found, error)
        }
      }
    }
  }

  /// The last changes of one record that are held, newest first; a removal is `isDeleted`.
  ///
  /// - Parameters:
  ///   - collection: The collection.
  ///   - key: The key.
  ///   - limit: The most to return; 0 = all.
  /// - Returns: The record as each change left it.
  /// - Throws: `denied`, `gone`.
  public func history(
    _ collection: String, _ key: String, limit: Int = 0
  ) throws(PluginError) -> [Record] {
    guard let history = unsafe try extended().pointee.history else { throw Self.tooOld }
    return unsafe try Found.all { found, error in
      unsafe collection.borrowed { collection in
        unsafe key.borrowed {
          unsafe history(host, collection, $0, UInt64(limit), Found.receive, found, error)
        }
      }
    }
  }

  /// Holds the store as it is now, so that several reads see one state. It keeps memory: let it go soon.
  ///
  /// - Throws: `full` when the plugin holds 64 already.
  public func snapshot() throws(PluginError) -> MetadataSnapshot {
    guard let open = unsafe try extended().pointee.snapshot_open else { throw Self.tooOld }
    var handle = dvt_handle()
    var revision: UInt64 = 0
    unsafe try attempt { unsafe open(host, &handle, &revision, $0) }
    return MetadataSnapshot(self, handle, revision)
  }

  /// The records of a collection by key, page by page.
  ///
  /// - Parameters:
  ///   - collection: The collection.
  ///   - prefix: Of keys; empty = all.
  ///   - after: Begin behind this key: the last of the page before; empty = at the first.
  ///   - limit: The most to return; 0 = all.
  /// - Returns: The records.
  /// - Throws: `denied`, `gone`.
  public func list(
    _ collection: String, prefix: String = "", after: String, limit: Int
  ) throws(PluginError) -> [Record] {
    try list(collection, prefix, after, limit, dvt_handle())
  }

  func list(
    _ collection: String, _ prefix: String, _ after: String, _ limit: Int, _ snapshot: dvt_handle
  ) throws(PluginError) -> [Record] {
    guard let list = unsafe try extended().pointee.list_page else { throw Self.tooOld }
    let arena = Arena()
    var listing = unsafe dvt_listing.headed()
    unsafe listing.collection = unsafe arena.text(collection)
    unsafe listing.prefix = unsafe arena.text(prefix)
    unsafe listing.after = unsafe arena.text(after)
    unsafe listing.limit = UInt64(limit)
    unsafe listing.snapshot = snapshot
    defer { withExtendedLifetime(arena) {} }
    return unsafe try Found.all { found, error in
      unsafe list(host, &listing, Found.receive, found, error)
    }
  }
}
