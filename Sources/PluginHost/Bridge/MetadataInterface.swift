import CDovetail
import EventBus
import HostSupport
import MetadataStore

/// `dovetail.metadata/1`.
@safe enum MetadataInterface {
  nonisolated(unsafe) static let table = unsafe HostTable.eternal(
    dvt_metadata(
      struct_size: UInt32(MemoryLayout<dvt_metadata>.size), abi_major: UInt16(DVT_ABI_MAJOR),
      abi_minor: UInt16(DVT_ABI_MINOR),
      get: { host, collection, key, receiver, context, error in
        unsafe ABIEntry.call(host, error) { instance throws(ErrorReport) in
          let collection = try permitted(instance, unsafe collection.text)
          let key = unsafe key.text
          guard let record = try store(of: instance).get(collection, key) else {
            throw ErrorReport(DVT_NOT_FOUND, "\(collection)/\(key) does not exist")
          }
          _ = unsafe show(record, receiver, context)
          return DVT_OK
        }
      },
      put: { host, write, out, conflict, context, error in
        unsafe ABIEntry.call(host, error, inShadow: .refused) { instance throws(ErrorReport) in
          let change = try unsafe read(instance, write, removing: false)
          return try unsafe apply(instance, change, out, conflict, context)
        }
      },
      remove: { host, write, out, conflict, context, error in
        unsafe ABIEntry.call(host, error, inShadow: .refused) { instance throws(ErrorReport) in
          let change = try unsafe read(instance, write, removing: true)
          return try unsafe apply(instance, change, out, conflict, context)
        }
      },
      list: { host, collection, prefix, receiver, context, error in
        unsafe ABIEntry.call(host, error) { instance throws(ErrorReport) in
          let collection = try permitted(instance, unsafe collection.text)
          let snapshot = try store(of: instance).snapshot
          for record in snapshot.list(collection, prefix: unsafe prefix.text) {
            let code = unsafe show(record, receiver, context)
            if code != DVT_OK { return code }
          }
          return DVT_OK
        }
      },
      watch: { host, options, receiver, context, out, error in
        unsafe ABIEntry.call(host, error) { instance throws(ErrorReport) in
          guard let options = unsafe options, let receiver = unsafe receiver, let out = unsafe out
          else { throw ErrorReport(DVT_INVALID, "options, receiver and out must not be NULL") }
          unsafe out.pointee = try watch(instance, options.pointee, receiver, context)
          return DVT_OK
        }
      },
      unwatch: { host, handle, done, context, error in
        unsafe Withdrawal.run(host, handle, done, context, error)
      }))

  private static func store(of instance: PluginInstance) throws(ErrorReport) -> MetadataStore {
    do throws(MetadataError) { return try instance.core.metadata } catch {
      throw ErrorReport(error)
    }
  }

  private static func permitted(
    _ instance: PluginInstance, _ collection: String
  ) throws(ErrorReport) -> String {
    guard let denial = instance.patterns.denialOfMetadata(collection) else { return collection }
    instance.core.noteDenial(instance.id, denial)
    throw ErrorReport(DVT_DENIED, denial)
  }

  /// Shows a record to a plugin's receiver, on this thread, as a call of the plugin.
  private static func show(
    _ record: MetadataRecord, _ receiver: dvt_record_receiver?, _ context: UnsafeMutableRawPointer?
  ) -> Int32 {
    guard let receiver = unsafe receiver else { return DVT_OK }
    return unsafe RecordLoan(record).lend { lent in
      PluginSide.run { unsafe receiver(context, lent) }
    }
  }

  private static func read(
    _ instance: PluginInstance, _ write: UnsafePointer<dvt_write>?, removing: Bool
  ) throws(ErrorReport) -> MetadataWrite {
    guard let write = unsafe write?.pointee else {
      throw ErrorReport(DVT_INVALID, "the write is NULL")
    }
    try unsafe ABIEntry.checkSize(
      write.struct_size, "dvt_write", atLeast: MemoryLayout<dvt_write>.size)
    let collection = try permitted(instance, unsafe write.collection.text)
    guard let durability = unsafe Durability(rawValue: Int(write.durability)) else {
      throw ErrorReport(DVT_INVALID, "durability is not one of DVT_DURABILITY_…")
    }
    let expectation: MetadataWrite.Expectation
    switch unsafe write.expect {
    case DVT_EXPECT_ANY: expectation = .any
    case DVT_EXPECT_ABSENT: expectation = .absent
    case DVT_EXPECT_VERSION: expectation = .version(unsafe write.expected_version)
    case let other: throw ErrorReport(DVT_INVALID, "expect is \(other), not one of DVT_EXPECT_…")
    }
    let key = unsafe write.key.text
    if removing {
      return .removing(key, from: collection, expectation: expectation, durability: durability)
    }
    return MetadataWrite(
      collection: collection, key: key, value: try unsafe MetadataReading.value(write.value),
      expectation: expectation, durability: durability)
  }

  private static func apply(
    _ instance: PluginInstance, _ write: MetadataWrite, _ out: UnsafeMutablePointer<dvt_written>?,
    _ conflict: dvt_record_receiver?, _ context: UnsafeMutableRawPointer?
  ) throws(ErrorReport) -> Int32 {
    do throws(MetadataError) {
      let receipts = try instance.core.metadata.transaction([write])
      guard let out = unsafe out, let receipt = receipts.first else { return DVT_OK }
      try? unsafe ABIEntry.checkSize(
        out.pointee.struct_size, "dvt_written", atLeast: MemoryLayout<dvt_written>.size)
      guard unsafe out.pointee.struct_size >= UInt32(MemoryLayout<dvt_written>.size) else {
        return DVT_OK
      }
      unsafe out.pointee.version = receipt.version
      unsafe out.pointee.revision = receipt.revision
      unsafe out.pointee.durability = UInt32(receipt.durability.rawValue)
      return DVT_OK
    } catch {
      if case .conflict(_, _, let current?) = error { _ = unsafe show(current, conflict, context) }
      throw ErrorReport(error)
    }
  }

  private static func watch(
    _ instance: PluginInstance, _ options: dvt_watch, _ receiver: dvt_record_receiver,
    _ context: UnsafeMutableRawPointer?
  ) throws(ErrorReport) -> dvt_handle {
    try ABIEntry.checkRegistering(instance)
    try unsafe ABIEntry.checkSize(
      options.struct_size, "dvt_watch", atLeast: MemoryLayout<dvt_watch>.size)
    let collection = try permitted(instance, unsafe options.collection.text)
    let prefix = unsafe options.prefix.text
    let given = unsafe options.name.text
    let name = given.isEmpty ? instance.ordinalName("\(collection)/\(prefix)") : given
    if instance.watches.contains(where: { $0.name == name }) {
      throw ErrorReport(DVT_EXISTS, "there is a watch named '\(name)' already; choose another name")
    }
    let watch = unsafe PluginWatch(
      instance: instance, name: name, collection: collection, prefix: prefix,
      from: options.from_revision, receiver: receiver, context: context)
    if instance.mode != .shadow {
      do throws(MetadataError) { try watch.start() } catch { throw ErrorReport(error) }
    }
    return instance.register(.watch(watch))
  }
}
