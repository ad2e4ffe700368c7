import CDovetail
import MetadataStore

/// `dovetail.metadata/2` and `/1`, whose table is the beginning of the other's.
@safe enum MetadataInterface {
  /// Bytes of the table of revision 1.
  private static let firstRevision = 56

  /// The table of revision 2.
  nonisolated(unsafe) static let table = unsafe HostTable.eternal(functions())

  /// The table of revision 1, whose watches are not told when they fell behind.
  nonisolated(unsafe) static let firstTable = unsafe HostTable.eternal(firstFunctions())

  private static func functions() -> dvt_metadata {
    var table = dvt_metadata()
    table.struct_size = UInt32(MemoryLayout<dvt_metadata>.size)
    table.abi_major = UInt16(DVT_ABI_MAJOR)
    table.abi_minor = UInt16(DVT_ABI_MINOR)
    setReads(&table)
    setWrites(&table)
    setSnapshots(&table)
    setQuestions(&table)
    unsafe table.watch = { unsafe MetadataInterface.watch($0, $1, $2, $3, $4, $5, tells: true) }
    unsafe table.unwatch = { unsafe Withdrawal.run($0, $1, $2, $3, $4) }
    return table
  }

  private static func firstFunctions() -> dvt_metadata {
    let all = functions()
    var table = dvt_metadata()
    unsafe withUnsafeBytes(of: all) { source in
      unsafe withUnsafeMutableBytes(of: &table) { target in
        unsafe target.copyMemory(from: UnsafeRawBufferPointer(rebasing: source[..<firstRevision]))
      }
    }
    table.struct_size = UInt32(firstRevision)
    unsafe table.watch = { unsafe MetadataInterface.watch($0, $1, $2, $3, $4, $5, tells: false) }
    return table
  }

  private static func setReads(_ table: inout dvt_metadata) {
    unsafe table.get = { host, collection, key, receiver, context, error in
      unsafe ABIEntry.call(host, error) { instance throws(ErrorReport) in
        let record = unsafe try MetadataCalls.store(of: instance).get(
          MetadataReading.name(collection, "the collection"),
          MetadataReading.name(key, "the key"))
        return try unsafe MetadataCalls.show(
          record, instance, collection, key, receiver, context)
      }
    }
    unsafe table.list = { host, collection, prefix, receiver, context, error in
      unsafe ABIEntry.call(host, error) { instance throws(ErrorReport) in
        let collection = try unsafe MetadataCalls.permitted(instance, collection)
        let prefix = try unsafe MetadataReading.text(prefix, "prefix")
        return unsafe MetadataListing.list(
          try MetadataCalls.store(of: instance).snapshot, collection, prefix: prefix, receiver,
          context)
      }
    }
    unsafe table.list_page = { host, listing, receiver, context, error in
      unsafe ABIEntry.call(host, error) { instance throws(ErrorReport) in
        try unsafe MetadataListing.page(instance, listing, receiver, context)
      }
    }
    unsafe table.get_at = { host, collection, key, revision, receiver, context, error in
      unsafe ABIEntry.call(host, error) { instance throws(ErrorReport) in
        let name = try unsafe MetadataCalls.permitted(instance, collection)
        let text = try unsafe MetadataReading.text(key, "the key")
        let store = try MetadataCalls.store(of: instance)
        let record = try MetadataCalls.translating { () throws(MetadataError) in
          try store.get(name, text, at: revision)
        }
        return try unsafe MetadataCalls.show(
          record, instance, collection, key, receiver, context)
      }
    }
    unsafe table.history = { host, collection, key, limit, receiver, context, error in
      unsafe ABIEntry.call(host, error) { instance throws(ErrorReport) in
        try unsafe MetadataListing.history(
          instance, collection, key, limit: limit, receiver, context)
      }
    }
    unsafe table.stats = { host, out, error in
      unsafe ABIEntry.call(host, error) { instance throws(ErrorReport) in
        guard unsafe out != nil else { throw ErrorReport(DVT_INVALID, "out must not be NULL") }
        unsafe MetadataCalls.write(try MetadataFigures.raw(instance), to: out)
        return DVT_OK
      }
    }
  }

  private static func setQuestions(_ table: inout dvt_metadata) {
    unsafe table.query = { host, query, receiver, context, cursor, plan, error in
      unsafe ABIEntry.call(host, error) { instance throws(ErrorReport) in
        try unsafe MetadataQuestions.query(instance, query, receiver, context, cursor, plan)
      }
    }
    unsafe table.define = { host, collection, definition, inForce, version, error in
      unsafe ABIEntry.call(host, error) { instance throws(ErrorReport) in
        try unsafe MetadataQuestions.define(instance, collection, definition, inForce, version)
      }
    }
  }

  private static func setWrites(_ table: inout dvt_metadata) {
    unsafe table.put = { host, write, out, conflict, context, error in
      unsafe ABIEntry.call(host, error, inShadow: .refused) { instance throws(ErrorReport) in
        try unsafe MetadataWriting.change(instance, write, isRemoval: false, out, conflict, context)
      }
    }
    unsafe table.remove = { host, write, out, conflict, context, error in
      unsafe ABIEntry.call(host, error, inShadow: .refused) { instance throws(ErrorReport) in
        try unsafe MetadataWriting.change(instance, write, isRemoval: true, out, conflict, context)
      }
    }
    unsafe table.transact = { host, transaction, out, receipts, conflict, context, error in
      unsafe ABIEntry.call(host, error, inShadow: .refused) { instance throws(ErrorReport) in
        try unsafe MetadataWriting.transact(
          instance, transaction, out, receipts, conflict, context)
      }
    }
    unsafe table.flush = { host, durability, error in
      unsafe ABIEntry.call(host, error, inShadow: .refused) { instance throws(ErrorReport) in
        guard let durability = Durability(rawValue: Int(durability)), durability != .memory else {
          throw ErrorReport(
            DVT_INVALID, "durability is neither DVT_DURABILITY_OS nor DVT_DURABILITY_DISK")
        }
        let store = try MetadataCalls.store(of: instance)
        try MetadataCalls.translating { () throws(MetadataError) in try store.flush(durability) }
        return DVT_OK
      }
    }
  }

  private static func setSnapshots(_ table: inout dvt_metadata) {
    unsafe table.snapshot_open = { host, out, revision, error in
      unsafe ABIEntry.call(host, error) { instance throws(ErrorReport) in
        try unsafe MetadataSnapshots.open(instance, out, revision)
      }
    }
    unsafe table.snapshot_close = { host, handle, error in
      unsafe ABIEntry.call(host, error) { instance throws(ErrorReport) in
        try MetadataSnapshots.close(instance, handle)
      }
    }
    unsafe table.snapshot_get = { host, handle, collection, key, receiver, context, error in
      unsafe ABIEntry.call(host, error) { instance throws(ErrorReport) in
        let snapshot = try MetadataSnapshots.find(instance, handle)
        let name = try unsafe MetadataCalls.permitted(instance, collection)
        let text = try unsafe MetadataReading.text(key, "the key")
        return try unsafe MetadataCalls.show(
          snapshot.get(name, text), instance, collection, key, receiver, context)
      }
    }
  }

  private static func watch(
    _ host: UnsafePointer<dvt_host>?, _ options: UnsafePointer<dvt_watch>?,
    _ receiver: dvt_record_receiver?, _ context: UnsafeMutableRawPointer?,
    _ out: UnsafeMutablePointer<dvt_handle>?, _ error: UnsafePointer<dvt_error_sink>?, tells: Bool
  ) -> Int32 {
    unsafe ABIEntry.call(host, error) { instance throws(ErrorReport) in
      guard let receiver = unsafe receiver, let out = unsafe out else {
        throw ErrorReport(DVT_INVALID, "receiver and out must not be NULL")
      }
      let watch = try unsafe WatchReading.watch(
        instance, options, receiver, context, tellsResync: tells)
      if instance.mode != .shadow {
        try MetadataCalls.translating { () throws(MetadataError) in try watch.start() }
      }
      unsafe out.pointee = instance.register(.watch(watch))
      return DVT_OK
    }
  }
}
