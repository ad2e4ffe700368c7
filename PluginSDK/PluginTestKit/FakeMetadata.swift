import CDovetail
import PluginSDK
import Synchronization

/// `dovetail.metadata/1`, in memory.
enum FakeMetadata {
  static func table() -> dvt_metadata {
    var table = dvt_metadata.headed()
    unsafe table.get = { host, collection, key, receiver, context, _ in
      guard let core = unsafe Seat.of(host)?.core else { return DVT_INVALID }
      let item = core.state.withLock { unsafe $0.store.item(collection.string, key.string) }
      guard let item else { return DVT_NOT_FOUND }
      _ = unsafe item.show(receiver, context)
      return DVT_OK
    }
    unsafe table.list = { host, collection, prefix, receiver, context, _ in
      guard let core = unsafe Seat.of(host)?.core else { return DVT_INVALID }
      for item in core.state.withLock({ unsafe $0.store.list(collection.string, prefix.string) }) {
        let code = unsafe item.show(receiver, context)
        guard code == DVT_OK else { return code }
      }
      return DVT_OK
    }
    unsafe table.put = { host, write, out, receiver, context, _ in
      unsafe FakeMetadata.change(host, write, out, receiver, context, isRemoval: false)
    }
    unsafe table.remove = { host, write, out, receiver, context, _ in
      unsafe FakeMetadata.change(host, write, out, receiver, context, isRemoval: true)
    }
    unsafe table.watch = { host, options, receiver, context, out, _ in
      guard let seat = unsafe Seat.of(host), let options = unsafe options?.pointee else {
        return DVT_INVALID
      }
      guard unsafe options.from_revision == 0 else { return DVT_UNAVAILABLE }
      let entry = unsafe Entry(
        .watch, seat, name: options.name.string, pattern: options.collection.string, context)
      entry.prefix = unsafe options.prefix.string
      unsafe entry.onRecord = unsafe receiver
      return unsafe seat.core.enter(entry, out)
    }
    unsafe table.unwatch = { host, handle, done, context, _ in
      unsafe Seat.of(host)?.core.end(handle, done, context) ?? DVT_INVALID
    }
    return table
  }

  private static func change(
    _ host: UnsafePointer<dvt_host>?, _ write: UnsafePointer<dvt_write>?,
    _ out: UnsafeMutablePointer<dvt_written>?, _ receiver: dvt_record_receiver?,
    _ context: UnsafeMutableRawPointer?, isRemoval: Bool
  ) -> Int32 {
    guard let core = unsafe Seat.of(host)?.core, let write = unsafe write?.pointee else {
      return DVT_INVALID
    }
    let request = unsafe Store.Request(
      collection: write.collection.string, key: write.key.string,
      value: isRemoval ? nil : Value(write.value), expect: write.expect,
      expected: write.expected_version)
    switch core.state.withLock({ $0.store.apply(request) }) {
    case .notFound: return DVT_NOT_FOUND
    case .conflict(let current):
      _ = unsafe current?.show(receiver, context)
      return DVT_CONFLICT
    case .done(let item, let version):
      unsafe out?.pointee.version = version
      unsafe out?.pointee.revision = item.modified
      unsafe out?.pointee.durability = DVT_DURABILITY_MEMORY
      core.report(item)
      return DVT_OK
    }
  }
}

extension HostCore {
  /// Tells the watches of a change.
  fileprivate func report(_ item: Store.Item) {
    let watches = state.withLock { state in
      state.entries.values
        .filter {
          $0.kind == .watch && $0.pattern == item.collection && item.key.hasPrefix($0.prefix)
        }
        .sorted { $0.token < $1.token }
    }
    for watch in watches {
      unsafe call(watch) { _ in unsafe item.show(watch.onRecord, watch.context) }
    }
  }
}
