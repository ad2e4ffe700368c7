import CDovetail

extension PluginContext {
  /// Declares what the events of a topic are. The host shows it, and holds every event that is published to the topic against it,
  /// whoever publishes; what does not fit is told or refused, as the host's configuration says.
  ///
  /// What `events` of the manifest declares needs no call.
  ///
  /// - Parameters:
  ///   - topic: A topic that the plugin may publish, or segments with `*` and a last `>`.
  ///   - summary: What the events say, in a sentence.
  ///   - contentType: The media type that their data must have; empty for any.
  ///   - schema: JSON Schema that their data fit, as JSON text; empty for anything.
  ///   - dataSchema: URI of the schema, as events have it; shown only.
  /// - Returns: The declaration; need not be kept. To cancel it takes it back.
  /// - Throws: `invalid` (topic; a keyword of the schema that the host would not keep), `exists` (somebody declared the topic
  ///   otherwise), `full` (256 a plugin), `denied` (`permissions.publish`) or `gone`.
  @discardableResult
  public func declare(
    _ topic: String, summary: String = "", contentType: String = "", schema: String = "",
    dataSchema: String = ""
  ) throws(PluginError) -> Registration {
    guard let declare = unsafe link.eventTypes?.pointee.declare else {
      throw HostLink.missing("dovetail.event-types/1")
    }
    let arena = Arena()
    var raw = unsafe dvt_event_type.headed()
    unsafe raw.topic = unsafe arena.text(topic)
    unsafe raw.summary = unsafe arena.text(summary)
    unsafe raw.datacontenttype = unsafe arena.text(contentType)
    unsafe raw.schema = unsafe arena.text(schema)
    unsafe raw.dataschema = unsafe arena.text(dataSchema)
    defer { withExtendedLifetime(arena) {} }
    return unsafe try register(Box(), .eventType) { handle, error in
      unsafe declare(link.host, &raw, handle, error)
    }
  }
}
