extension PluginContext {
  /// Offers a typed service.
  ///
  /// - Parameters:
  ///   - type: The name and the types.
  ///   - handler: Returns the reply; what it throws becomes the caller's error.
  /// - Returns: The offer; need not be kept.
  /// - Throws: As `provide(_:_:)`.
  @discardableResult
  public func provide<Request, Reply>(
    _ type: ServiceType<Request, Reply>, _ handler: @escaping @Sendable (Request) throws -> Reply
  ) throws(PluginError) -> Registration {
    try provide(type.name) { request in
      let value = try JSONCoding.decode(Request.self, request.data, for: request.service)
      return try JSONCoding.encode(handler(value), for: request.service)
    }
  }

  /// Calls a typed service and waits for its reply.
  ///
  /// - Parameters:
  ///   - type: The name and the types.
  ///   - request: What to send.
  ///   - timeout: Milliseconds, 1…600,000.
  /// - Returns: The reply.
  /// - Throws: As `call(_:_:contentType:timeout:)`, and `invalid` when the reply cannot be read.
  public func call<Request, Reply>(
    _ type: ServiceType<Request, Reply>, _ request: Request, timeout: Int = 5_000
  ) throws(PluginError) -> Reply {
    let data = try JSONCoding.encode(request, for: type.name)
    let reply = try call(
      type.name, data, contentType: JSONCoding.contentType, timeout: timeout)
    return try JSONCoding.decode(Reply.self, reply, for: type.name)
  }
}
