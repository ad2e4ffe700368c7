import EventBus
import HostSupport

/// What is declared of events.
extension Host {
  /// Declares the host's own events.
  func declareOwnTypes() throws(OperationError) {
    do throws(BusError) {
      for declaration in try HostEventTypes.declarations() {
        _ = try core.bus.declare(core.bus.hostOwner, declaration)
      }
    } catch {
      throw OperationError(.failed, "the host cannot declare its own events: \(error)")
    }
  }

  /// What is declared of events: of one topic, or all, in the order of their patterns.
  public func eventTypes(topic: String?) throws(OperationError) -> [EventTypeReport] {
    if let topic { _ = try parse(topic) }
    let subscriptions = core.bus.subscriptions
    return core.bus.types.compactMap { type, policy in
      let declaration = type.declaration
      let pattern = declaration.pattern
      if let topic, pattern.description != topic, !pattern.matches(topic) { return nil }
      let isKept = declaration.schema != nil || !declaration.contentType.isEmpty
      let readers = subscriptions.filter { one in
        one.options.pattern.covers(pattern)
          || pattern.isExact && one.options.pattern.matches(pattern.description)
          || one.options.pattern.isExact && pattern.matches(one.options.pattern.description)
      }
      return EventTypeReport(
        topic: pattern.description, summary: declaration.summary,
        contentType: declaration.contentType, dataschema: declaration.dataschema,
        schema: declaration.schema?.json, plugin: type.owner.name,
        enforced: isKept ? policy.rawValue : nil, violations: type.violations,
        subscribers: readers.map { .init(plugin: $0.owner.name, subscription: $0.name) }
          .sorted { ($0.plugin, $0.subscription) < ($1.plugin, $1.subscription) })
    }
  }

  /// Puts the declarations of a configuration in the place of those of the one before.
  ///
  /// - Throws: `invalid` when a schema cannot be read or kept, or contradicts a plugin's; everything stays as it was then.
  func setTypes(_ configuration: HostConfiguration) throws(OperationError) {
    do throws(BusError) {
      var declarations: [EventType.Declaration] = []
      var policies: [String: SchemaPolicy] = [:]
      for setting in configuration.eventTypes {
        if let declaration = try setting.declaration() { declarations.append(declaration) }
        if let enforce = setting.enforce { policies[setting.topic] = enforce.policy }
      }
      try core.bus.setTypes(
        core.configurationOwner, declarations, policy: configuration.enforceSchemas.policy,
        policies: policies)
    } catch {
      throw OperationError(
        .invalid, "the event types of the configuration cannot be used: \(error)",
        advice: "correct \"events.types\" in the configuration")
    }
  }
}
