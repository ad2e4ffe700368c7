import CBridge
import CDovetail
import MetadataStore

/// Carries out the changes that a plugin asks for.
@safe enum MetadataWriting {
  /// Does one write.
  ///
  /// - Parameters:
  ///   - instance: The plugin.
  ///   - given: What it asks.
  ///   - isRemoval: Whether it removes.
  ///   - out: Where to say what it did; may be NULL.
  ///   - conflict: Is shown the record that was not as expected; may be NULL.
  ///   - context: Of `conflict`.
  /// - Returns: DVT_OK.
  /// - Throws: What the header says.
  static func change(
    _ instance: PluginInstance, _ given: UnsafePointer<dvt_write>?, isRemoval: Bool,
    _ out: UnsafeMutablePointer<dvt_written>?, _ conflict: dvt_record_receiver?,
    _ context: UnsafeMutableRawPointer?
  ) throws(ErrorReport) -> Int32 {
    let write = try unsafe WriteReading.write(instance, given, isRemoval: isRemoval)
    let receipt = try unsafe commit(instance, MetadataTransaction([write]), conflict, context)
    if let written = receipt.receipts.first { unsafe MetadataCalls.write(raw(written), to: out) }
    return DVT_OK
  }

  /// Does a transaction.
  ///
  /// - Parameters:
  ///   - instance: The plugin.
  ///   - given: What it asks.
  ///   - out: Where to say what it did; may be NULL.
  ///   - receipts: Is shown what each write did; may be NULL.
  ///   - conflict: Is shown the record that was not as expected; may be NULL.
  ///   - context: Of both.
  /// - Returns: DVT_OK.
  /// - Throws: What the header says.
  static func transact(
    _ instance: PluginInstance, _ given: UnsafePointer<dvt_transaction>?,
    _ out: UnsafeMutablePointer<dvt_transacted>?, _ receipts: dvt_written_receiver?,
    _ conflict: dvt_record_receiver?, _ context: UnsafeMutableRawPointer?
  ) throws(ErrorReport) -> Int32 {
    let transaction = try unsafe WriteReading.transaction(instance, given)
    let receipt = try unsafe commit(instance, transaction, conflict, context)
    unsafe MetadataCalls.write(
      dvt_transacted(
        struct_size: 0, abi_major: 0, abi_minor: 0, revision: receipt.revision,
        conditions_held: receipt.conditionsHeld ? 1 : 0,
        durability: UInt32(receipt.durability.rawValue)), to: out)
    if let receipts = unsafe receipts {
      for (index, written) in receipt.receipts.enumerated() {
        var written = raw(written)
        unsafe br_written_receive(receipts, context, UInt64(index), &written)
      }
    }
    return DVT_OK
  }

  private static func commit(
    _ instance: PluginInstance, _ transaction: MetadataTransaction,
    _ conflict: dvt_record_receiver?, _ context: UnsafeMutableRawPointer?
  ) throws(ErrorReport) -> TransactionReceipt {
    let store = try MetadataCalls.store(of: instance)
    do throws(MetadataError) {
      return try store.transaction(transaction)
    } catch {
      if case .conflict(_, _, let current?) = error {
        _ = unsafe MetadataCalls.show(RecordLoan(current), conflict, context)
      }
      throw ErrorReport(error)
    }
  }

  private static func raw(_ receipt: WriteReceipt) -> dvt_written {
    dvt_written(
      struct_size: UInt32(MemoryLayout<dvt_written>.size), abi_major: UInt16(DVT_ABI_MAJOR),
      abi_minor: UInt16(DVT_ABI_MINOR), version: receipt.version, revision: receipt.revision,
      durability: UInt32(receipt.durability.rawValue), reserved: 0)
  }
}
