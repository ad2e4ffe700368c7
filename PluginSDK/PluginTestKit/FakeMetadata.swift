import CDovetail
import PluginSDK
import Synchronization

/// `dovetail.metadata/2` and `/1`, in memory. Durability is always `memory`; records expire on the test's clock, which begins at 0.
enum FakeMetadata {
  static func table() -> dvt_metadata {
    var table = dvt_metadata.headed()
    setReads(&table)
    setWrites(&table)
    setPast(&table)
    setQuestions(&table)
    unsafe table.watch = { host, options, receiver, context, out, _ in
      guard let seat = unsafe Seat.of(host), let options = unsafe options?.pointee else {
        return DVT_INVALID
      }
      guard unsafe options.from_revision == 0 else { return DVT_UNAVAILABLE }
      let entry = unsafe Entry(
        .watch, seat, name: options.name.string, pattern: options.collection.string, context)
      let hasKey =
        unsafe options.struct_size >= UInt32(MemoryLayout<dvt_watch>.size) && options.key.len > 0
      entry.key = unsafe hasKey ? options.key.string : nil
      entry.prefix = unsafe options.prefix.string
      unsafe entry.onRecord = unsafe receiver
      return unsafe seat.core.enter(entry, out)
    }
    unsafe table.unwatch = { host, handle, done, context, _ in
      unsafe Seat.of(host)?.core.end(handle, done, context) ?? DVT_INVALID
    }
    return table
  }

  private static func setReads(_ table: inout dvt_metadata) {
    unsafe table.get = { host, collection, key, receiver, context, _ in
      guard let core = unsafe Seat.of(host)?.core else { return DVT_INVALID }
      let item = core.state.withLock { unsafe $0.store.item(collection.string, key.string) }
      return unsafe FakeMetadata.show(item, receiver, context)
    }
    unsafe table.list = { host, collection, prefix, receiver, context, _ in
      guard let core = unsafe Seat.of(host)?.core else { return DVT_INVALID }
      let items = core.state.withLock { unsafe $0.store.list(collection.string, prefix.string) }
      return unsafe FakeMetadata.show(items, receiver, context)
    }
    unsafe table.list_page = { host, listing, receiver, context, _ in
      guard let core = unsafe Seat.of(host)?.core, let listing = unsafe listing?.pointee,
        let store = unsafe core.store(listing.snapshot)
      else { return DVT_GONE }
      let items = unsafe store.list(
        listing.collection.string, listing.prefix.string, after: listing.after.string)
      let limit = unsafe listing.limit == 0 ? Int.max : Int(clamping: listing.limit)
      return unsafe FakeMetadata.show(Array(items.prefix(limit)), receiver, context)
    }
    unsafe table.stats = { host, out, _ in
      guard let core = unsafe Seat.of(host)?.core, let out = unsafe out else { return DVT_INVALID }
      let (store, snapshots) = core.state.withLock { ($0.store, $0.snapshots.count) }
      unsafe out.pointee.records = UInt64(store.count)
      unsafe out.pointee.revision = store.revision
      unsafe out.pointee.writes = store.writes
      unsafe out.pointee.snapshots = UInt64(snapshots)
      unsafe out.pointee.own_snapshots = UInt64(snapshots)
      return DVT_OK
    }
  }

  private static func setPast(_ table: inout dvt_metadata) {
    unsafe table.get_at = { host, collection, key, revision, receiver, context, _ in
      guard let core = unsafe Seat.of(host)?.core else { return DVT_INVALID }
      let store = core.state.withLock { $0.store }
      guard revision <= store.revision else { return DVT_INVALID }
      return unsafe FakeMetadata.show(
        store.item(collection.string, key.string, at: revision), receiver, context)
    }
    unsafe table.history = { host, collection, key, limit, receiver, context, _ in
      guard let core = unsafe Seat.of(host)?.core else { return DVT_INVALID }
      let items = core.state.withLock { unsafe $0.store.history(collection.string, key.string) }
      return unsafe FakeMetadata.show(
        Array(items.prefix(limit == 0 ? .max : Int(clamping: limit))), receiver, context)
    }
    unsafe table.snapshot_open = { host, out, revision, _ in
      guard let seat = unsafe Seat.of(host), let out = unsafe out else { return DVT_INVALID }
      let (token, now) = seat.core.state.withLock { state in
        state.tokens += 1
        state.snapshots[state.tokens] = state.store
        return (state.tokens, state.store.revision)
      }
      unsafe out.pointee = dvt_handle(
        plugin: seat.number, generation: seat.generation, token: token)
      unsafe revision?.pointee = now
      return DVT_OK
    }
    unsafe table.snapshot_close = { host, handle, _ in
      guard let core = unsafe Seat.of(host)?.core else { return DVT_INVALID }
      return core.state.withLock { state in
        state.snapshots.removeValue(forKey: handle.token) == nil ? DVT_GONE : DVT_OK
      }
    }
    unsafe table.snapshot_get = { host, handle, collection, key, receiver, context, _ in
      guard let store = unsafe Seat.of(host)?.core.store(handle) else { return DVT_GONE }
      return unsafe FakeMetadata.show(store.item(collection.string, key.string), receiver, context)
    }
  }

  private static func setWrites(_ table: inout dvt_metadata) {
    unsafe table.put = { host, write, out, receiver, context, error in
      unsafe FakeMetadata.change(host, write, out, receiver, context, error, isRemoval: false)
    }
    unsafe table.remove = { host, write, out, receiver, context, error in
      unsafe FakeMetadata.change(host, write, out, receiver, context, error, isRemoval: true)
    }
    unsafe table.transact = { host, transaction, out, receipts, conflict, context, error in
      unsafe FakeMetadata.transact(host, transaction, out, receipts, conflict, context, error)
    }
    unsafe table.flush = { host, durability, _ in
      guard unsafe Seat.of(host) != nil else { return DVT_INVALID }
      return durability == DVT_DURABILITY_MEMORY ? DVT_INVALID : DVT_OK
    }
  }

  private static func show(
    _ item: Store.Item?, _ receiver: dvt_record_receiver?, _ context: UnsafeMutableRawPointer?
  ) -> Int32 {
    guard let item else { return DVT_NOT_FOUND }
    _ = unsafe item.show(receiver, context)
    return DVT_OK
  }

  static func show(
    _ items: [Store.Item], _ receiver: dvt_record_receiver?, _ context: UnsafeMutableRawPointer?
  ) -> Int32 {
    for item in items {
      let code = unsafe item.show(receiver, context)
      guard code == DVT_OK else { return code }
    }
    return DVT_OK
  }

  private static func change(
    _ host: UnsafePointer<dvt_host>?, _ write: UnsafePointer<dvt_write>?,
    _ out: UnsafeMutablePointer<dvt_written>?, _ receiver: dvt_record_receiver?,
    _ context: UnsafeMutableRawPointer?, _ error: UnsafePointer<dvt_error_sink>?, isRemoval: Bool
  ) -> Int32 {
    guard let core = unsafe Seat.of(host)?.core, let write = unsafe write else {
      return DVT_INVALID
    }
    do throws(Store.Refusal) {
      let done = try core.commit { state in
        [unsafe state.request(write, isRemoval: isRemoval)]
      }
      if let item = done.first { unsafe out?.pointee.take(item) }
      return DVT_OK
    } catch let refusal {
      return unsafe FakeMetadata.show(refusal, receiver, context, error)
    }
  }

  private static func transact(
    _ host: UnsafePointer<dvt_host>?, _ transaction: UnsafePointer<dvt_transaction>?,
    _ out: UnsafeMutablePointer<dvt_transacted>?, _ receipts: dvt_written_receiver?,
    _ conflict: dvt_record_receiver?, _ context: UnsafeMutableRawPointer?,
    _ error: UnsafePointer<dvt_error_sink>?
  ) -> Int32 {
    guard let core = unsafe Seat.of(host)?.core, let given = unsafe transaction?.pointee else {
      return DVT_INVALID
    }
    var held = true
    do throws(Store.Refusal) {
      let done = try core.commit { state in
        held = unsafe state.store.holds(given)
        return unsafe state.requests(given, held)
      }
      unsafe out?.pointee.revision = core.state.withLock { $0.store.revision }
      unsafe out?.pointee.conditions_held = held ? 1 : 0
      unsafe out?.pointee.durability = DVT_DURABILITY_MEMORY
      for (index, item) in done.enumerated() {
        var written = dvt_written.headed()
        written.take(item)
        unsafe receipts?(context, UInt64(index), &written)
      }
      return DVT_OK
    } catch let refusal {
      return unsafe FakeMetadata.show(refusal, conflict, context, error)
    }
  }

  private static func show(
    _ refusal: Store.Refusal, _ receiver: dvt_record_receiver?,
    _ context: UnsafeMutableRawPointer?, _ sink: UnsafePointer<dvt_error_sink>?
  ) -> Int32 {
    switch refusal {
    case .conflict(let current):
      _ = unsafe current?.show(receiver, context)
      return DVT_CONFLICT
    case .notFound: return DVT_NOT_FOUND
    case .vetoed(let error):
      unsafe error.report(to: sink)
      return error.code.rawValue
    }
  }
}

extension dvt_written {
  fileprivate mutating func take(_ item: Store.Item) {
    version = item.isDeleted ? 0 : item.version
    revision = item.revision
    durability = DVT_DURABILITY_MEMORY
  }
}

extension HostCore.State {
  /// What a plugin asks for.
  fileprivate func request(_ write: UnsafePointer<dvt_write>, isRemoval: Bool?) -> Store.Request {
    let given = unsafe write.pointee
    let isNew = unsafe given.struct_size >= UInt32(MemoryLayout<dvt_write>.size)
    let removes = unsafe isRemoval ?? (isNew && given.flags & DVT_WRITE_REMOVE != 0)
    var request = unsafe Store.Request(
      collection: given.collection.string, key: given.key.string,
      value: removes ? nil : Value(given.value), expect: given.expect,
      expected: given.expected_version)
    if isNew, unsafe given.expiry == DVT_EXPIRY_AT { request.expires = unsafe given.expires }
    if isNew, unsafe given.expiry == DVT_EXPIRY_AFTER {
      request.expires = unsafe Int64(clock) * 1_000_000 + given.expires
    }
    return request
  }

  fileprivate func requests(_ given: dvt_transaction, _ held: Bool) -> [Store.Request] {
    let list = unsafe UnsafeBufferPointer(
      start: held ? given.writes : given.otherwise,
      count: Int(clamping: held ? given.write_count : given.otherwise_count))
    return unsafe list.compactMap { write in
      unsafe write.map { unsafe request($0, isRemoval: nil) }
    }
  }
}

extension HostCore {
  /// The records of a snapshot; those of now when the handle is all zero.
  func store(_ snapshot: dvt_handle) -> Store? {
    state.withLock { snapshot.token == 0 ? $0.store : $0.snapshots[snapshot.token] }
  }

  /// Has the validators judge changes, makes them, then tells the watches of them.
  fileprivate func commit(
    _ body: (State) -> [Store.Request]
  ) throws(Store.Refusal) -> [Store.Item] {
    let requests = try judged(state.withLock { body($0) })
    let done = state.withLock { state -> Result<[Store.Item], Store.Refusal> in
      do throws(Store.Refusal) { return .success(try state.store.apply(requests)) } catch {
        return .failure(error)
      }
    }
    let items = try done.get()
    for item in items { report(item) }
    return items
  }

  /// Removes the records whose time is over.
  func expireRecords() {
    let removed = state.withLock { $0.store.expire(Int64($0.clock) * 1_000_000) }
    for item in removed { report(item) }
  }

  /// Tells the watches of a change.
  private func report(_ item: Store.Item) {
    let watches = state.withLock { state in
      state.entries.values
        .filter { entry in
          entry.kind == .watch && entry.pattern == item.collection
            && (entry.key.map { $0 == item.key } ?? item.key.hasPrefix(entry.prefix))
        }
        .sorted { $0.token < $1.token }
    }
    for watch in watches {
      unsafe call(watch) { _ in unsafe item.show(watch.onRecord, watch.context) }
    }
  }
}
