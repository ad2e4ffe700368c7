import EventBus
import HostSupport

/// What is declared of events.
extension Host {
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
