import CDovetail

extension PluginContext {
  /// Stands around topics and services, to see, amend, answer or refuse what passes.
  ///
  /// - Parameters:
  ///   - pattern: Of topics and services: a name, or segments with `*` (one segment) and a last `>` (one or more segments).
  ///   - options: When, name, priority.
  ///   - interceptor: What it throws refuses: the publisher or caller gets the error. It may run on several threads at once.
  /// - Returns: The registration; need not be kept.
  /// - Throws: `invalid`, `exists` (name), `full` (64 a plugin), `denied` (`permissions.intercept`) or `gone`.
  @discardableResult
  public func intercept(
    _ pattern: String, _ options: InterceptionOptions = InterceptionOptions(),
    _ interceptor: @escaping @Sendable (inout Exchange) throws(PluginFailure) -> Void
  ) throws(PluginError) -> Registration {
    guard let intercept = unsafe link.interceptors?.pointee.intercept else {
      throw HostLink.missing("dovetail.interceptors/1")
    }
    let box = InterceptorBox(interceptor)
    let arena = Arena()
    var raw = unsafe options.raw(pattern, arena)
    defer { withExtendedLifetime(arena) {} }
    return unsafe try register(box, .interceptor) { handle, error in
      unsafe intercept(link.host, &raw, InterceptorBox.judge, box.pointer, handle, error)
    }
  }
}

/// An interceptor's closure.
final class InterceptorBox: Box, @unchecked Sendable {
  private let interceptor: @Sendable (inout Exchange) throws(PluginFailure) -> Void

  init(_ interceptor: @escaping @Sendable (inout Exchange) throws(PluginFailure) -> Void) {
    self.interceptor = interceptor
  }

  static let judge: dvt_interceptor = { pointer, exchange, verdict, error in
    guard let box = unsafe InterceptorBox.from(pointer), let exchange = unsafe exchange else {
      return DVT_INVALID
    }
    return unsafe guarded(error) { () throws(PluginFailure) in
      var seen = unsafe Exchange(exchange.pointee)
      try box.interceptor(&seen)
      unsafe try seen.speak(through: verdict)
    }
  }
}
