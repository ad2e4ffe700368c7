import CDovetail
import EventBus
import MetadataStore

/// Reads which writes a plugin wants to judge.
@safe enum ValidationReading {
  /// Validators that a plugin may have.
  private static let most = 16
  private static let defaultBudget: UInt32 = 1000

  /// Adds a validator.
  ///
  /// - Throws: DVT_INVALID, DVT_DENIED, DVT_EXISTS, DVT_FULL or DVT_GONE.
  static func add(
    _ instance: PluginInstance, _ given: UnsafePointer<dvt_validation>?,
    _ function: @escaping dvt_validator, _ context: UnsafeMutableRawPointer?
  ) throws(ErrorReport) -> dvt_handle {
    try ABIEntry.checkRegistering(instance)
    let core = instance.core
    let given = try unsafe MetadataCalls.read(
      given, "dvt_validation", atLeast: MemoryLayout<dvt_validation>.size)
    let (options, pattern) = try unsafe options(given, instance)
    if let denial = instance.patterns.denialOfValidate(pattern) {
      core.noteDenial(instance.id, denial)
      throw ErrorReport(DVT_DENIED, denial)
    }
    guard instance.validators.count < most else {
      throw ErrorReport(
        DVT_FULL, "\(instance.owner) has \(most) validators; let one judge several collections")
    }
    let validator = unsafe PluginValidator(
      options, function: function, context: context, instance: instance)
    let responder = unsafe Responder(
      .validates, owner: instance.owner, name: options.name, pattern: pattern,
      priority: options.priority, user: Unmanaged.passUnretained(validator).toOpaque(),
      keepAlive: validator, caller: instance.judging)
    do throws(BusError) {
      try core.responders.add(responder, shadow: instance.mode == .shadow)
    } catch {
      throw ErrorReport(error)
    }
    let handle = instance.register(.responder(responder))
    core.installValidators()
    return handle
  }

  private static func options(
    _ given: dvt_validation, _ instance: PluginInstance
  ) throws(ErrorReport) -> (PluginValidator.Options, TopicPattern) {
    let flags = unsafe given.flags
    guard flags & ~DVT_VALIDATION_REQUIRED == 0 else {
      throw ErrorReport(DVT_INVALID, "flags is \(flags), expected DVT_VALIDATION_… or 0")
    }
    let budget = unsafe given.budget_ms == 0 ? defaultBudget : given.budget_ms
    guard budget <= UInt32(ValidatorRegistry.longestBudget) else {
      throw ErrorReport(
        DVT_INVALID,
        "budget_ms is \(budget), expected 1…\(ValidatorRegistry.longestBudget), or 0 for \(defaultBudget)"
      )
    }
    let text = try unsafe MetadataReading.text(given.pattern, "the pattern")
    let collections = try MetadataCalls.translating { () throws(MetadataError) in
      try CollectionPattern(text)
    }
    let pattern: TopicPattern
    do throws(BusError) { pattern = try TopicPattern(text) } catch { throw ErrorReport(error) }
    let name = try unsafe MetadataReading.text(given.name, "name")
    let options = unsafe PluginValidator.Options(
      pattern: collections, name: name.isEmpty ? instance.ordinalName(text) : name,
      priority: given.priority, budget: Int(budget), isRequired: flags != 0)
    return (options, pattern)
  }
}
