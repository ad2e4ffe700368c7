import CDovetail
import CHostSupport
import EventBus
import MetadataStore

/// A plugin's validator, as the store asks it.
///
/// Threading: the validator's own thread; see `WriteValidator`.
@safe final class PluginValidator: WriteValidator, @unchecked Sendable {
  // Safe: immutable; the plugin keeps `context` valid until the validator has ended.
  /// How a validator is asked.
  struct Options {
    var pattern: CollectionPattern
    var name: String
    var priority: Int32
    var budget: Int
    var isRequired: Bool
  }

  /// The plugin's id and the validator's own name.
  let name: String
  let pattern: CollectionPattern
  let priority: Int32
  let budget: Int
  let isRequired: Bool
  private let ownName: String
  private let function: dvt_validator
  private let context: UnsafeMutableRawPointer?
  private let instance: PluginInstance

  init(
    _ options: Options, function: @escaping dvt_validator, context: UnsafeMutableRawPointer?,
    instance: PluginInstance
  ) {
    name = "\(instance.id)/\(options.name)"
    ownName = options.name
    pattern = options.pattern
    priority = options.priority
    budget = options.budget
    isRequired = options.isRequired
    unsafe self.function = unsafe function
    unsafe self.context = unsafe context
    self.instance = instance
  }

  /// The validator that a registration is for.
  static func behind(_ responder: Responder) -> PluginValidator? {
    unsafe of(responder.user)
  }

  private static func of(_ user: UnsafeMutableRawPointer?) -> PluginValidator? {
    guard let user = unsafe user else { return nil }
    return unsafe Unmanaged<PluginValidator>.fromOpaque(user).takeUnretainedValue()
  }

  func review(_ writes: [ProposedWrite], snapshot: MetadataSnapshot) -> WriteVerdict {
    let core = instance.core
    let loan = ReviewLoan(writes, revision: snapshot.revision)
    let collector = AmendmentCollector(writes)
    // Who waits at the gate is told so before the budget is over.
    let patience = UInt64(budget) * 900_000
    let verdict = core.reviewSnapshots.with(snapshot) { token in
      core.responders.with(.validates, of: instance.id, named: ownName) { callable in
        let result = unsafe PluginCall.run(callable, patience: patience) { sink in
          // The entry may be the successor of the one that was found: it names its own function.
          let user = unsafe hs_entry_user(hs_present_entry())
          guard let serving = unsafe Self.of(user) else { return DVT_GONE }
          let instance = serving.instance
          unsafe collector.serving = unsafe user
          unsafe loan.review.pointee.snapshot = dvt_handle(
            plugin: instance.number, generation: instance.owner.generation, token: token)
          return unsafe serving.function(
            serving.context, loan.review, collector.amending,
            sink?.assumingMemoryBound(to: dvt_error_sink.self))
        }
        return unsafe (Self.of(collector.serving) ?? self).verdict(result, collector, writes[0])
      }
    }
    // It was taken away meanwhile.
    return verdict ?? .accept
  }

  private func verdict(
    _ result: CallResult, _ collector: AmendmentCollector, _ write: ProposedWrite
  ) -> WriteVerdict {
    let report = ErrorCollector.ofThread?.take()
    switch result.failure {
    case nil where result.code == DVT_OK:
      return collector.values.isEmpty ? .accept : .amend(collector.values)
    case nil: return .veto(report?.message ?? "it returned \(CodeName.of(result.code))")
    case .revoked: return .accept
    case .crashed:
      instance.core.onCrash(instance, result.fault, "validator \(ownName)")
      return .unable(
        .vetoed(
          "validator \"\(name)\" crashed while it judged \(write.collection)/\(write.key), so nothing was "
            + "written; correct the plugin \(instance.id), or unload it"))
    case .gateClosed:
      return .unable(
        .unavailable(
          "\(write.collection)/\(write.key) was not written: validator \"\(name)\" is being reloaded and was "
            + "not back within its budget of \(budget) ms; try again"))
    case .some(let failure):
      let words = ErrorReport(failure, "validator \"\(name)\"").message
      return .unable(
        .unavailable("\(write.collection)/\(write.key) was not written: \(words); try again"))
    }
  }
}
