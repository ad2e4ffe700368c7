package import CDovetail

/// The metadata store at one revision. It is let go at the end of its life, and with the plugin; a validator's when it has judged.
///
/// Threading: every method may be called from any thread. Every one may throw `gone` after the plugin was retired.
public struct MetadataSnapshot: ~Copyable, Sendable {
  private let metadata: Metadata
  private let handle: dvt_handle
  /// The revision of the last transaction in it.
  public let revision: UInt64

  package init(_ metadata: Metadata, _ handle: dvt_handle, _ revision: UInt64) {
    self.metadata = metadata
    self.handle = handle
    self.revision = revision
  }

  deinit { metadata.close(handle) }

  /// Reads one record, or `nil` when there is none.
  public func get(_ collection: String, _ key: String) throws(PluginError) -> Record? {
    try metadata.get(collection, key, in: handle)
  }

  /// Runs a query on it; the parameters are those of `Metadata.query`.
  public func query(
    _ text: String, _ parameters: Value = .null, after cursor: String? = nil
  ) throws(PluginError) -> QueryPage {
    try metadata.query(text, parameters, cursor, handle)
  }

  /// The records of a collection by key; the parameters are those of `Metadata.list`.
  public func list(
    _ collection: String, prefix: String = "", after: String = "", limit: Int = 0
  ) throws(PluginError) -> [Record] {
    try metadata.list(collection, prefix, after, limit, handle)
  }
}

extension Metadata {
  fileprivate func get(
    _ collection: String, _ key: String, in snapshot: dvt_handle
  ) throws(PluginError) -> Record? {
    guard let get = unsafe try extended().pointee.snapshot_get else { throw Self.tooOld }
    return unsafe try Found.one { found, error in
      unsafe collection.borrowed { collection in
        unsafe key.borrowed {
          unsafe get(host, snapshot, collection, $0, Found.receive, found, error)
        }
      }
    }
  }

  fileprivate func close(_ snapshot: dvt_handle) {
    guard let close = unsafe try? extended().pointee.snapshot_close else { return }
    _ = unsafe close(host, snapshot, nil)
  }
}
