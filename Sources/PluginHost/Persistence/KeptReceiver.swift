import CDovetail
import CHostSupport
import MetadataStore

/// Takes the records that a plugin's provider shows.
///
/// Threading: one call at a time, on the thread of the call that it was given to.
@safe final class KeptReceiver {
  private var receive: ((MetadataRecord) -> Void)?
  private var reader = KeptRecordReader()
  /// Why a record could not be read; the provider was told to stop.
  private(set) var failure: MetadataError?
  /// Who shows the records, for messages.
  private let title: String
  /// Sentences for the operator.
  private(set) var notes: [String] = []

  private static let mostNotes = 1_000

  private init(_ title: String) { self.title = title }

  /// Lends a receiver while `body` runs, also when a jump out of it leaves the receiver behind.
  static func with<Result>(
    _ title: String, _ receive: (MetadataRecord) -> Void,
    _ body: (KeptReceiver) throws(MetadataError) -> Result
  ) throws(MetadataError) -> Result {
    let outcome = withoutActuallyEscaping(receive) { receive in
      let receiver = KeptReceiver(title)
      receiver.receive = receive
      defer { receiver.receive = nil }
      return Swift.Result { () throws(MetadataError) in
        let result = try body(receiver)
        if let failure = receiver.failure { throw failure }
        return result
      }
    }
    return try outcome.get()
  }

  /// The context to pass with the functions.
  var context: UnsafeMutableRawPointer { unsafe Unmanaged.passUnretained(self).toOpaque() }

  private static func of(_ context: UnsafeMutableRawPointer?) -> KeptReceiver? {
    guard let context = unsafe context else { return nil }
    return unsafe Unmanaged<KeptReceiver>.fromOpaque(context).takeUnretainedValue()
  }

  /// The function that takes a record.
  static let record: dvt_kept_receiver = { context, record in
    let side = hs_side_set(HS_SIDE_HOST)
    defer { _ = hs_side_set(side) }
    guard let receiver = unsafe KeptReceiver.of(context), let record = unsafe record else {
      return DVT_INVALID
    }
    return unsafe receiver.take(record.pointee)
  }

  /// The function that takes a sentence.
  static let note: @convention(c) (UnsafeMutableRawPointer?, dvt_str) -> Void = { context, text in
    let side = hs_side_set(HS_SIDE_HOST)
    defer { _ = hs_side_set(side) }
    guard let receiver = unsafe KeptReceiver.of(context), receiver.notes.count < mostNotes else {
      return
    }
    receiver.notes.append(unsafe text.text)
  }

  private func take(_ kept: dvt_kept_record) -> Int32 {
    guard failure == nil else { return DVT_INVALID }
    do throws(MetadataError) {
      receive?(unsafe try read(kept))
      return DVT_OK
    } catch {
      failure = .storage(
        "the provider \(title) shows the record \(unsafe kept.collection.text)/"
          + "\(unsafe kept.key.text), which cannot be read: \(error); it is damaged: restore a backup"
      )
      return DVT_INVALID
    }
  }

  private func read(_ kept: dvt_kept_record) throws(MetadataError) -> MetadataRecord {
    guard unsafe kept.value.len <= 16 << 20 else {
      throw .tooLarge("its value has \(unsafe kept.value.len) bytes")
    }
    let expires = unsafe kept.flags & DVT_KEPT_EXPIRES != 0 ? kept.expires : nil
    return unsafe try reader.record(
      kept.collection.buffer, kept.key.buffer, text: kept.value.buffer,
      KeptRecordReader.Marks(
        version: kept.version, created: kept.created, modified: kept.modified, expires: expires))
  }
}

extension dvt_str {
  /// The same memory; empty when the pointer is NULL.
  fileprivate var buffer: UnsafeBufferPointer<UInt8> {
    unsafe UnsafeBufferPointer(start: ptr, count: ptr == nil ? 0 : Int(clamping: len))
  }
}
