import CBridge
import CDovetail
import MetadataStore

/// What every call of the metadata interface begins and ends with.
@safe enum MetadataCalls {
  /// The host's store.
  @inline(__always)
  static func store(of instance: PluginInstance) throws(ErrorReport) -> MetadataStore {
    do throws(MetadataError) { return try instance.core.metadata } catch {
      throw ErrorReport(error)
    }
  }

  /// Makes a call of the store.
  static func translating<Result>(
    _ body: () throws(MetadataError) -> Result
  ) throws(ErrorReport) -> Result {
    do throws(MetadataError) { return try body() } catch { throw ErrorReport(error) }
  }

  /// A collection that the manifest permits.
  ///
  /// - Throws: DVT_DENIED with the line to add, DVT_INVALID.
  @discardableResult
  static func permitted(
    _ instance: PluginInstance, _ collection: dvt_str
  ) throws(ErrorReport) -> String {
    let bytes = unsafe try MetadataReading.name(collection, "the collection")
    let name = unsafe try MetadataReading.text(collection, "the collection")
    try unsafe permit(instance, MetadataStore.collectionHash(of: bytes)) { name }
    return name
  }

  /// Checks that the manifest permits a collection.
  ///
  /// - Throws: DVT_DENIED with the line to add.
  static func permit(_ instance: PluginInstance, _ collection: String) throws(ErrorReport) {
    var name = collection
    let hash = name.withUTF8 { unsafe MetadataStore.collectionHash(of: $0) }
    try permit(instance, hash) { collection }
  }

  /// The same of a collection whose `MetadataStore.collectionHash` is known.
  ///
  /// - Parameters:
  ///   - instance: The plugin.
  ///   - hash: `MetadataStore.collectionHash` of the collection.
  ///   - collection: The collection's name.
  /// - Throws: DVT_DENIED with the line to add.
  @inline(__always)
  private static func permit(
    _ instance: PluginInstance, _ hash: UInt64, _ collection: () -> String
  ) throws(ErrorReport) {
    if instance.permittedCollections.has(hash) { return }
    guard let denial = instance.patterns.denialOfMetadata(collection()) else {
      return instance.permittedCollections.add(hash)
    }
    instance.core.noteDenial(instance.id, denial)
    throw ErrorReport(DVT_DENIED, denial)
  }

  /// Shows a record that was found to a plugin's receiver, if the manifest permits its collection.
  @inline(__always)
  static func show(
    _ record: MetadataRecord?, _ instance: PluginInstance, _ collection: dvt_str, _ key: dvt_str,
    _ receiver: dvt_record_receiver?, _ context: UnsafeMutableRawPointer?
  ) throws(ErrorReport) -> Int32 {
    guard let record else { throw unsafe missing(instance, collection, key) }
    let loan = RecordLoan(record)
    try permit(instance, loan.collectionHash) { record.collection }
    _ = unsafe show(loan, receiver, context)
    return DVT_OK
  }

  /// Shows a record to a plugin's receiver, on this thread, as a call of the plugin.
  ///
  /// - Returns: What the receiver returned.
  @inline(__always)
  static func show(
    _ loan: RecordLoan, _ receiver: dvt_record_receiver?, _ context: UnsafeMutableRawPointer?
  ) -> Int32 {
    guard let receiver = unsafe receiver else { return DVT_OK }
    return unsafe loan.lend { lent in
      unsafe br_record_receive(receiver, context, lent)
    }
  }

  /// What to say when there is no such record, which a plugin learns only of collections that it may use.
  @inline(never)
  private static func missing(
    _ instance: PluginInstance, _ collection: dvt_str, _ key: dvt_str
  ) -> ErrorReport {
    do throws(ErrorReport) {
      let name = unsafe try permitted(instance, collection)
      return unsafe ErrorReport(DVT_NOT_FOUND, "\(name)/\(key.text) does not exist")
    } catch {
      return error
    }
  }

  /// What a plugin passed, as this host knows it: what an older plugin does not know is zero.
  ///
  /// - Parameters:
  ///   - given: The plugin's struct, which begins with its size.
  ///   - name: The struct's.
  ///   - least: Bytes of the first revision.
  /// - Returns: A copy.
  /// - Throws: DVT_INVALID.
  static func read<Struct: BitwiseCopyable>(
    _ given: UnsafePointer<Struct>?, _ name: StaticString, atLeast least: Int
  ) throws(ErrorReport) -> Struct {
    guard let given = unsafe given else { throw ErrorReport(DVT_INVALID, "\(name) is NULL") }
    let size = unsafe UnsafeRawPointer(given).load(as: UInt32.self)
    try ABIEntry.checkSize(size, "\(name)", atLeast: least)
    let common = min(Int(size), MemoryLayout<Struct>.size)
    return unsafe withUnsafeTemporaryAllocation(of: Struct.self, capacity: 1) { own in
      let bytes = UnsafeMutableRawBufferPointer(own)
      _ = unsafe bytes.initializeMemory(as: UInt8.self, repeating: 0)
      unsafe bytes.copyMemory(from: UnsafeRawBufferPointer(start: given, count: common))
      return unsafe own[0]
    }
  }

  /// Fills in what a plugin wants to know, up to the size that it knows.
  static func write<Struct: BitwiseCopyable>(
    _ value: Struct, to place: UnsafeMutablePointer<Struct>?
  ) {
    guard let place = unsafe place else { return }
    let target = UnsafeMutableRawPointer(place)
    let common = unsafe min(Int(target.load(as: UInt32.self)), MemoryLayout<Struct>.size)
    guard common > 8 else { return }
    unsafe withUnsafeBytes(of: value) { source in
      guard let start = source.baseAddress else { return }
      // The header stays the plugin's.
      unsafe (target + 8).copyMemory(from: start + 8, byteCount: common - 8)
    }
  }
}
