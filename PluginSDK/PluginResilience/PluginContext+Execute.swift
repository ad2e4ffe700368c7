import CDovetail
public import PluginSDK

extension PluginContext {
  /// Calls a service past what the operator and the caller ask for, and has another one answer when it cannot.
  ///
  /// A call passes, in this order: rate limit, bulkhead, circuit breaker, time limit. What is rejected there, fails with a code that
  /// counts as a failure, or is offered by nobody, the fallback answers. Not between `quiesce()` and `resume()`.
  ///
  /// - Parameters:
  ///   - name: The service.
  ///   - data: What to send, at most 16 MiB.
  ///   - contentType: The media type of `data`.
  ///   - timeout: Milliseconds for the whole, with the fallback, 1…600,000.
  ///   - execution: What is wanted otherwise than the operator says.
  /// - Returns: The reply, and who gave it.
  /// - Throws: The provider's error; `unavailable` when the breaker is open, with since when, why and until when; `full` when the
  ///   rate limit is used up, the bulkhead full, or 64 breakers were named; `timeout`; `invalid`; and what
  ///   `call(_:_:contentType:timeout:)` throws. When the fallback fails too, the service's error, with both texts.
  public func execute(
    _ name: String, _ data: [UInt8], contentType: String = "", timeout: Int = 5_000,
    _ execution: Execution = Execution()
  ) throws(PluginError) -> Executed<[UInt8]> {
    let table: UnsafePointer<dvt_resilience> = unsafe try interface("dovetail.resilience/1")
    guard let execute = unsafe table.pointee.execute else { throw Execution.tooOld }
    let arena = Arena()
    var wanted = unsafe execution.raw(name, arena)
    var request = unsafe dvt_request(
      struct_size: UInt32(MemoryLayout<dvt_request>.size), abi_major: UInt16(DVT_ABI_MAJOR),
      abi_minor: UInt16(DVT_ABI_MINOR), service: dvt_str(), caller: dvt_str(),
      datacontenttype: arena.text(contentType), data: arena.bytes(data),
      deadline_ms: UInt64(clamping: timeout))
    var executed = dvt_executed(
      struct_size: UInt32(MemoryLayout<dvt_executed>.size), abi_major: UInt16(DVT_ABI_MAJOR),
      abi_minor: UInt16(DVT_ABI_MINOR), cause: DVT_OK, reserved: 0)
    defer { withExtendedLifetime(arena) {} }
    let reply = unsafe try collect { sink, error in
      unsafe execute(host, &wanted, &request, sink, &executed, error)
    }
    return Executed(
      reply: reply,
      cause: executed.cause == DVT_OK ? nil : PluginError.Code(rawValue: executed.cause))
  }

  /// Calls a typed service in the same way.
  ///
  /// - Parameters:
  ///   - type: The name and the types; the fallback's are the same.
  ///   - request: What to send.
  ///   - timeout: Milliseconds for the whole, with the fallback, 1…600,000.
  ///   - execution: What is wanted otherwise than the operator says.
  /// - Returns: The reply, and who gave it.
  /// - Throws: As `execute(_:_:contentType:timeout:_:)`, and `invalid` when the reply cannot be read.
  public func execute<Request, Reply>(
    _ type: ServiceType<Request, Reply>, _ request: Request, timeout: Int = 5_000,
    _ execution: Execution = Execution()
  ) throws(PluginError) -> Executed<Reply> {
    let executed = try execute(
      type.name, JSONCoding.encode(request, for: type.name),
      contentType: JSONCoding.contentType, timeout: timeout, execution)
    return Executed(
      reply: try JSONCoding.decode(Reply.self, executed.reply, for: type.name),
      cause: executed.cause)
  }

  /// Tells how the circuit breaker is that a call of this plugin's would pass.
  ///
  /// - Parameters:
  ///   - service: The service.
  ///   - name: What this plugin calls the breaker; `nil` for the service's.
  /// - Returns: How it is now.
  /// - Throws: `notFound` when nobody offers the service, or it has no such breaker; `denied` (`permissions.services`), `unsupported`,
  ///   `invalid` or `gone`.
  public func breaker(
    of service: String, named name: String? = nil
  ) throws(PluginError) -> BreakerState {
    let table: UnsafePointer<dvt_resilience> = unsafe try interface("dovetail.resilience/1")
    guard let breaker = unsafe table.pointee.breaker else { throw Execution.tooOld }
    let arena = Arena()
    var out = dvt_breaker()
    out.struct_size = UInt32(MemoryLayout<dvt_breaker>.size)
    out.abi_major = UInt16(DVT_ABI_MAJOR)
    out.abi_minor = UInt16(DVT_ABI_MINOR)
    defer { withExtendedLifetime(arena) {} }
    unsafe try attempt { error in
      unsafe breaker(host, arena.text(service), arena.text(name ?? ""), &out, error)
    }
    return BreakerState(out)
  }
}
