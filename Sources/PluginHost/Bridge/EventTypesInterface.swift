import CDovetail
import EventBus
import HostSupport

/// `dovetail.event-types/1`.
@safe enum EventTypesInterface {
  nonisolated(unsafe) static let table = unsafe HostTable.eternal(
    dvt_event_types(
      struct_size: UInt32(MemoryLayout<dvt_event_types>.size), abi_major: UInt16(DVT_ABI_MAJOR),
      abi_minor: UInt16(DVT_ABI_MINOR),
      declare: { host, type, out, error in
        unsafe ABIEntry.call(host, error) { instance throws(ErrorReport) in
          guard let type = unsafe type, let out = unsafe out else {
            throw ErrorReport(DVT_INVALID, "type and out must not be NULL")
          }
          try unsafe ABIEntry.checkSize(
            type.pointee.struct_size, "dvt_event_type", atLeast: MemoryLayout<dvt_event_type>.size)
          unsafe out.pointee = try declare(instance, type.pointee)
          return DVT_OK
        }
      },
      withdraw: { host, handle, error in unsafe Withdrawal.run(host, handle, nil, nil, error) }))

  private static func declare(
    _ instance: PluginInstance, _ given: dvt_event_type
  ) throws(ErrorReport) -> dvt_handle {
    try ABIEntry.checkRegistering(instance)
    let declaration = try unsafe self.declaration(given)
    if let denial = instance.patterns.denialOfDeclare(declaration.pattern) {
      instance.core.noteDenial(instance.id, denial)
      throw ErrorReport(DVT_DENIED, denial)
    }
    do throws(BusError) {
      let type = try instance.core.bus.declare(
        instance.owner, declaration, shadow: instance.mode == .shadow)
      return instance.register(.eventType(type))
    } catch {
      throw ErrorReport(error)
    }
  }

  private static func declaration(
    _ given: dvt_event_type
  ) throws(ErrorReport) -> EventType.Declaration {
    let schema = unsafe given.schema.text
    do throws(BusError) {
      return EventType.Declaration(
        try TopicPattern(unsafe given.topic.text), summary: unsafe given.summary.text,
        contentType: unsafe given.datacontenttype.text,
        schema: try schema.isEmpty ? nil : self.schema(schema),
        dataschema: unsafe given.dataschema.text)
    } catch {
      throw ErrorReport(error)
    }
  }

  private static func schema(_ text: String) throws(BusError) -> JSONSchema {
    do throws(JSONSchema.Refusal) { return try JSONSchema(parsing: text.utf8) } catch {
      throw .invalid(error.description)
    }
  }
}
