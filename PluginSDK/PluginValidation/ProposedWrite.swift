import CDovetail
public import PluginSDK

/// A write that is about to be committed, for as long as it is judged. A validator assigns to `value` to have another one written.
///
/// Safe: who is lent it can neither copy it nor keep it, and the host's memory lasts until the validator has returned.
@safe public struct ProposedWrite: ~Copyable {
  private let raw: UnsafePointer<dvt_proposal>
  private var isAmended = false
  private var amended: Value?

  init(_ raw: UnsafePointer<dvt_proposal>) {
    unsafe self.raw = unsafe raw
  }

  /// The collection.
  public var collection: String { unsafe raw.pointee.collection.string }
  /// The key.
  public var key: String { unsafe raw.pointee.key.string }
  /// The record as it is, with what the transaction did to it before; `nil` when there is none.
  public var record: Record? { unsafe raw.pointee.record.map { unsafe Record($0) } }

  /// What the record would get, with its defaults; `nil` for a removal, which stays one.
  public var value: Value? {
    get { isAmended ? amended : unsafe raw.pointee.value.map { unsafe Value($0.pointee) } }
    set {
      isAmended = true
      amended = newValue
    }
  }

  /// Tells the host what was assigned.
  func speak(through amending: UnsafePointer<dvt_amending>?, _ index: Int) throws(PluginError) {
    guard isAmended, let amending = unsafe amending, let amend = unsafe amending.pointee.amend
    else { return }
    let arena = Arena()
    var value = unsafe (amended ?? .null).raw(arena)
    defer { withExtendedLifetime(arena) {} }
    let code = unsafe amend(amending.pointee.context, UInt64(index), &value)
    guard code == DVT_OK else {
      throw PluginError(PluginError.Code(rawValue: code), "the host did not take what was amended")
    }
  }
}
