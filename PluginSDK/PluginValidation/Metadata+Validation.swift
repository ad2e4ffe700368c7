import CDovetail
public import PluginSDK

extension Metadata {
  /// Judges one write.
  public typealias Validator =
    @Sendable (inout ProposedWrite, borrowing MetadataSnapshot) throws -> Void

  /// Has a closure judge writes before they are committed.
  ///
  /// - Parameters:
  ///   - pattern: Of collections that the manifest permits: a name, or segments with `*` (one segment) and a last `>` (one or more).
  ///   - name: Unique in the plugin; name it when it should be matched across a reload. Empty = pattern#ordinal.
  ///   - priority: Higher first; later ones are shown what earlier ones amended.
  ///   - budget: The longest that writers wait for a judgement, in milliseconds, 1…10,000.
  ///   - required: Whether writes are refused, not let through unseen, while it is suspended for being late.
  ///   - validator: Asked for each write of a transaction, in order, by one thread at a time; kept until the plugin stops. What it
  ///     assigns to the write's `value` is written in its place; what it throws refuses the whole transaction, and the writer gets
  ///     the error's text. It may read, best in the snapshot; a write of its own throws `wouldDeadlock`.
  /// - Returns: The registration; need not be kept.
  /// - Throws: `invalid`, `exists` (name), `full` (16 a plugin), `denied` (`permissions.metadata`), `unsupported` or `gone`.
  @discardableResult
  public func validate(
    _ pattern: String, name: String = "", priority: Int32 = 0, budget: UInt32 = 1000,
    required: Bool = false, _ validator: @escaping Validator
  ) throws(PluginError) -> Validation {
    let table = unsafe try Validation.table(context)
    guard let validate = unsafe table.pointee.validate else { throw Validation.tooOld }
    let holder = unsafe context.keep(Holder(self, validator))
    let arena = Arena()
    var options = unsafe dvt_validation(
      struct_size: UInt32(MemoryLayout<dvt_validation>.size), abi_major: UInt16(DVT_ABI_MAJOR),
      abi_minor: UInt16(DVT_ABI_MINOR), pattern: arena.text(pattern), name: arena.text(name),
      priority: priority, budget_ms: budget, flags: required ? DVT_VALIDATION_REQUIRED : 0,
      reserved: 0)
    var handle = dvt_handle()
    defer { withExtendedLifetime(arena) {} }
    unsafe try attempt { error in
      unsafe validate(context.host, &options, Holder.judge, holder, &handle, error)
    }
    return Validation(context, handle)
  }
}

/// What the host's context pointer points at.
private final class Holder: Sendable {
  private let metadata: Metadata
  private let validator: Metadata.Validator

  init(_ metadata: Metadata, _ validator: @escaping Metadata.Validator) {
    self.metadata = metadata
    self.validator = validator
  }

  static let judge: dvt_validator = { context, review, amending, error in
    guard let context = unsafe context, let review = unsafe review?.pointee,
      let proposals = unsafe review.proposals
    else { return DVT_INVALID }
    let holder = unsafe Unmanaged<Holder>.fromOpaque(context).takeUnretainedValue()
    return unsafe guarded(error) {
      let snapshot = unsafe MetadataSnapshot(holder.metadata, review.snapshot, review.revision)
      for index in 0..<Int(unsafe review.proposal_count) {
        var write = unsafe ProposedWrite(proposals + index)
        try holder.validator(&write, snapshot)
        unsafe try write.speak(through: amending, index)
      }
    }
  }
}
