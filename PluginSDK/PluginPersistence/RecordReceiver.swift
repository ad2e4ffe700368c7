public import CDovetail
public import PluginSDK

/// Takes records, one after the other. Lifetime: the call that it was given to.
@safe public struct RecordReceiver {
  // Safe: both are the host's, valid for the call.
  private let function: dvt_kept_receiver
  private let context: UnsafeMutableRawPointer?

  init(_ function: @escaping dvt_kept_receiver, _ context: UnsafeMutableRawPointer?) {
    unsafe self.function = unsafe function
    unsafe self.context = unsafe context
  }

  /// Shows a record, whose memory is borrowed until the call returns.
  ///
  /// - Throws: `Refused` when the receiver wants no more; let it through.
  @inline(__always)
  public func show(_ record: inout dvt_kept_record) throws {
    let code = unsafe function(context, &record)
    guard code == DVT_OK else { throw Refused(code: code) }
  }

  /// The receiver wants no more.
  struct Refused: Error { let code: Int32 }
}

/// Where and how to open, and who takes what is found. Lifetime: the call of `open`.
@safe public struct RecordOpening {
  // Safe: the struct is the host's, valid for the call.
  private let raw: UnsafePointer<dvt_opening>

  init(_ raw: UnsafePointer<dvt_opening>) {
    unsafe self.raw = unsafe raw
  }

  /// The provider's own folder in the host's state directory, mode 0700; it exists.
  public var directory: String { unsafe raw.pointee.directory.string }

  /// `metadata.options` of the configuration: the JSON text of an object.
  public var options: [UInt8] {
    let options = unsafe raw.pointee.options
    return unsafe [UInt8](
      UnsafeBufferPointer(start: options.ptr, count: Int(clamping: options.len)))
  }

  /// Takes the records.
  public var receiver: RecordReceiver {
    unsafe RecordReceiver(raw.pointee.record, raw.pointee.context)
  }

  /// Says to the operator what was damaged, set aside, finished or swept.
  public func note(_ sentence: String) {
    unsafe sentence.borrowed { unsafe raw.pointee.note(raw.pointee.context, $0) }
  }
}

/// What to save: all of it or nothing. Lifetime: the call of `save`.
@safe public struct RecordBatch {
  // Safe: the struct is the host's, valid for the call.
  private let raw: UnsafePointer<dvt_batch>

  init(_ raw: UnsafePointer<dvt_batch>) {
    unsafe self.raw = unsafe raw
  }

  /// Not less than that of every batch before; a copy of another store, or a large snapshot of one, comes in several of one
  /// revision.
  public var revision: UInt64 { unsafe raw.pointee.revision }

  /// The changes, at most one of a record.
  public var records: UnsafeBufferPointer<dvt_kept_record> {
    unsafe UnsafeBufferPointer(start: raw.pointee.records, count: Int(clamping: raw.pointee.count))
  }

  /// What to reach: `os` or `disk`.
  public var durability: Durability {
    unsafe raw.pointee.durability == DVT_DURABILITY_DISK ? .disk : .os
  }
}
