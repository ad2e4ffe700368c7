import CDovetail

extension PluginContext {
  /// Offers a service; its calls run on the callers' threads, possibly several at once.
  ///
  /// - Parameters:
  ///   - name: In the grammar of topics.
  ///   - handler: Returns the reply; what it throws becomes the caller's error.
  /// - Returns: The offer; need not be kept.
  /// - Throws: `invalid`, `exists` (another plugin offers it), `denied` or `gone`.
  @discardableResult
  public func provide(
    _ name: String,
    _ handler: @escaping @Sendable (ServiceRequest) throws(PluginFailure) -> [UInt8]
  ) throws(PluginError) -> Registration {
    guard let provide = unsafe link.services?.pointee.provide else {
      throw HostLink.missing("dovetail.services/1")
    }
    let box = ServiceBox(handler)
    return unsafe try register(box, .service) { handle, error in
      unsafe name.borrowed {
        unsafe provide(link.host, $0, ServiceBox.answer, box.pointer, handle, error)
      }
    }
  }

  /// Calls a service and waits for its reply. Not between `quiesce()` and `resume()`.
  ///
  /// - Parameters:
  ///   - name: The service.
  ///   - data: What to send, at most 16 MiB.
  ///   - contentType: The media type of `data`.
  ///   - timeout: Milliseconds, 1…600,000.
  /// - Returns: The reply.
  /// - Throws: The provider's error, `notFound`, `denied` (`permissions.services`), `unavailable`, `timeout`, `crashed`, `depth`,
  ///   `wouldDeadlock`, `notCommitted` or `gone`.
  public func call(
    _ name: String, _ data: [UInt8], contentType: String = "", timeout: Int = 5_000
  ) throws(PluginError) -> [UInt8] {
    guard let call = unsafe link.services?.pointee.call else {
      throw HostLink.missing("dovetail.services/1")
    }
    let arena = Arena()
    var request = unsafe dvt_request.headed()
    unsafe request.datacontenttype = unsafe arena.text(contentType)
    unsafe request.deadline_ms = UInt64(clamping: timeout)
    defer { withExtendedLifetime(arena) {} }
    return unsafe try data.span.bytes.withUnsafeBytes { (buffer) throws(PluginError) in
      unsafe request.data = unsafe dvt_bytes(buffer)
      return unsafe try collect { sink, error in
        unsafe name.borrowed { unsafe call(link.host, $0, &request, sink, error) }
      }
    }
  }
}

/// A service's closure.
final class ServiceBox: Box, @unchecked Sendable {
  private let handler: @Sendable (ServiceRequest) throws(PluginFailure) -> [UInt8]

  init(_ handler: @escaping @Sendable (ServiceRequest) throws(PluginFailure) -> [UInt8]) {
    self.handler = handler
  }

  static let answer: dvt_service_handler = { pointer, request, reply, error in
    guard let box = unsafe ServiceBox.from(pointer), let request = unsafe request else {
      return DVT_INVALID
    }
    return unsafe guarded(error) { () throws(PluginFailure) in
      let bytes = unsafe try box.handler(ServiceRequest(request.pointee))
      unsafe try write(bytes, to: reply)
    }
  }
}
