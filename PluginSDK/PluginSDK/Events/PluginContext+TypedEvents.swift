extension PluginContext {
  /// Opens a typed topic for publishing.
  ///
  /// - Throws: As `topic(_:)`.
  public func publisher<Payload>(
    _ type: EventType<Payload>
  ) throws(PluginError) -> Publisher<Payload> {
    Publisher(try topic(type.topic), type.topic)
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
    try subscribe(type.topic, options) { event in
      try handler(JSONCoding.decode(Payload.self, event.data, for: event.type), event)
    }
  }
}
