extension PluginContext {
  /// Opens a typed topic for publishing.
  ///
  /// - Throws: As `topic(_:)`.
  public func publisher<Payload>(
    _ type: EventType<Payload>
  ) throws(PluginError) -> Publisher<Payload> {
    Publisher(try topic(type.topic), type)
  }

  /// Publishes a payload, looking its topic up; who publishes often keeps a `publisher(_:)`.
  ///
  /// - Parameters:
  ///   - type: The topic and its payload.
  ///   - payload: What happened.
  ///   - subject: What it is about, free text.
  /// - Throws: As `publisher(_:)` and `Publisher.publish`.
  public func publish<Payload>(
    _ type: EventType<Payload>, _ payload: Payload, subject: String = ""
  ) throws(PluginError) {
    try publisher(type).publish(payload, subject: subject)
  }

  /// Declares what the events of a typed topic are; see `declare(_:summary:contentType:schema:dataSchema:)`.
  ///
  /// - Returns: The declaration; need not be kept.
  @discardableResult
  public func declare<Payload>(_ type: EventType<Payload>) throws(PluginError) -> Registration {
    try declare(
      type.topic, summary: type.summary, contentType: type.contentType,
      schema: type.schema?.text ?? "", dataSchema: type.dataSchema)
  }

  /// Subscribes a handler of typed events.
  ///
  /// - Parameters:
  ///   - type: The topic and its payload.
  ///   - options: Everything beside the topic.
  ///   - handler: Receives the payload and the event it came in. What it throws fails that delivery only, as does a payload
  ///     that cannot be read (`invalid`).
  /// - Returns: The subscription; need not be kept.
  /// - Throws: As `subscribe(_:_:_:)`.
  @discardableResult
  public func subscribe<Payload>(
    to type: EventType<Payload>, _ options: SubscriptionOptions = .default,
    _ handler: @escaping @Sendable (Payload, Event) throws -> Void
  ) throws(PluginError) -> Registration {
    try subscribe(type.topic, options) { event in try handler(type.payload(of: event), event) }
  }
}
