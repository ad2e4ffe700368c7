import CDovetail
import MetadataStore

/// Shows plugins several records.
@safe enum MetadataListing {
  /// Shows records of a collection by key.
  ///
  /// - Returns: DVT_OK, or what the receiver returned to stop.
  static func list(
    _ snapshot: MetadataSnapshot, _ collection: String, prefix: String, after: String? = nil,
    limit: UInt64 = 0, _ receiver: dvt_record_receiver?, _ context: UnsafeMutableRawPointer?
  ) -> Int32 {
    var code = DVT_OK
    var left = limit == 0 ? UInt64.max : limit
    snapshot.forEach(in: collection, prefix: prefix, after: after) { record in
      code = unsafe MetadataCalls.show(RecordLoan(record), receiver, context)
      left -= 1
      return code == DVT_OK && left > 0
    }
    return code
  }

  /// Shows a page of a listing.
  ///
  /// - Throws: DVT_INVALID, DVT_DENIED, DVT_GONE.
  static func page(
    _ instance: PluginInstance, _ given: UnsafePointer<dvt_listing>?,
    _ receiver: dvt_record_receiver?, _ context: UnsafeMutableRawPointer?
  ) throws(ErrorReport) -> Int32 {
    let listing = try unsafe MetadataCalls.read(
      given, "dvt_listing", atLeast: MemoryLayout<dvt_listing>.size)
    let collection = try unsafe MetadataCalls.permitted(instance, listing.collection)
    let prefix = try unsafe MetadataReading.text(listing.prefix, "prefix")
    let after = try unsafe MetadataReading.text(listing.after, "after")
    let snapshot = try unsafe MetadataSnapshots.reading(instance, listing.snapshot)
    return unsafe list(
      snapshot, collection, prefix: prefix, after: after.isEmpty ? nil : after,
      limit: listing.limit, receiver, context)
  }

  /// Shows the last changes of one record.
  ///
  /// - Throws: DVT_INVALID, DVT_DENIED.
  static func history(
    _ instance: PluginInstance, _ collection: dvt_str, _ key: dvt_str, limit: UInt64,
    _ receiver: dvt_record_receiver?, _ context: UnsafeMutableRawPointer?
  ) throws(ErrorReport) -> Int32 {
    let name = try unsafe MetadataCalls.permitted(instance, collection)
    let key = try unsafe MetadataReading.text(key, "the key")
    let changes = try MetadataCalls.store(of: instance).history(
      name, key, limit: limit == 0 ? .max : Int(clamping: limit))
    for change in changes {
      let code = unsafe MetadataCalls.show(RecordLoan(change), receiver, context)
      if code != DVT_OK { return code }
    }
    return DVT_OK
  }
}
