import CDovetail

/// The callbacks of the ABI that find their plugin by the instance pointer.
enum Callbacks {
  /// A table with every callback but those two that come before there is an instance.
  static func table() -> dvt_plugin {
    var table = dvt_plugin.headed()
    unsafe table.post_init = { unsafe Callbacks.ready($0, $1) }
    unsafe table.quiesce = { unsafe Callbacks.quiesce($0, $1) }
    unsafe table.resume = { unsafe Callbacks.resume($0, $1) }
    unsafe table.save_state = { unsafe Callbacks.saveState($0, $1, $2) }
    unsafe table.restore_state = { unsafe Callbacks.restoreState($0, $1, $2) }
    unsafe table.health = { unsafe Callbacks.health($0, $1) }
    unsafe table.metrics = { unsafe Callbacks.metrics($0, $1) }
    unsafe table.pre_cleanup = { unsafe Callbacks.prepareToStop($0, $1) }
    unsafe table.cleanup = { unsafe Callbacks.cleanup($0, $1) }
    return table
  }

  private static func ready(
    _ pointer: UnsafeMutableRawPointer?, _ error: UnsafePointer<dvt_error_sink>?
  ) -> Int32 {
    unsafe Instance.with(pointer, error) { (it) throws(PluginFailure) in
      try it.lifecycle.ready()
    }
  }

  private static func quiesce(
    _ pointer: UnsafeMutableRawPointer?, _ error: UnsafePointer<dvt_error_sink>?
  ) -> Int32 {
    unsafe Instance.with(pointer, error) { (it) throws(PluginFailure) in
      try it.lifecycle.quiesce()
      it.context.background?.suspend()
    }
  }

  private static func resume(
    _ pointer: UnsafeMutableRawPointer?, _ error: UnsafePointer<dvt_error_sink>?
  ) -> Int32 {
    unsafe Instance.with(pointer, error) { (it) throws(PluginFailure) in
      it.context.background?.resume()
      try it.lifecycle.resume()
    }
  }

  private static func health(
    _ pointer: UnsafeMutableRawPointer?, _ error: UnsafePointer<dvt_error_sink>?
  ) -> Int32 {
    unsafe Instance.with(pointer, error) { (it) throws(PluginFailure) in
      try it.lifecycle.health()
    }
  }

  private static func prepareToStop(
    _ pointer: UnsafeMutableRawPointer?, _ error: UnsafePointer<dvt_error_sink>?
  ) -> Int32 {
    unsafe Instance.with(pointer, error) { (it) throws(PluginFailure) in
      try it.lifecycle.prepareToStop()
    }
  }

  private static func saveState(
    _ pointer: UnsafeMutableRawPointer?, _ sink: UnsafePointer<dvt_sink>?,
    _ error: UnsafePointer<dvt_error_sink>?
  ) -> Int32 {
    unsafe Instance.with(pointer, error) { (it) throws(PluginFailure) in
      let state = try it.lifecycle.saveState()
      unsafe try write(state, to: sink)
    }
  }

  private static func restoreState(
    _ pointer: UnsafeMutableRawPointer?, _ state: UnsafePointer<dvt_state>?,
    _ error: UnsafePointer<dvt_error_sink>?
  ) -> Int32 {
    unsafe Instance.with(pointer, error) { (it) throws(PluginFailure) in
      guard let state = unsafe state else { throw PluginError(.invalid, "the host sent no state") }
      unsafe try it.lifecycle.restoreState(SavedState(state.pointee))
    }
  }

  private static func metrics(
    _ pointer: UnsafeMutableRawPointer?, _ sink: UnsafePointer<dvt_metric_sink>?
  ) -> Int32 {
    unsafe Instance.with(pointer, nil) { (it) throws(PluginFailure) in
      guard let sink = unsafe sink else { return }
      for metric in try it.lifecycle.metrics() { unsafe metric.report(to: sink) }
    }
  }

  /// The host has revoked every registration: what is left are the plugin's own tasks.
  private static func cleanup(
    _ pointer: UnsafeMutableRawPointer?, _ error: UnsafePointer<dvt_error_sink>?
  ) -> Int32 {
    let code = unsafe Instance.with(pointer, error) { (it) throws(PluginFailure) in
      it.context.background?.finish()
      defer { it.context.boxes.removeAll() }
      try it.lifecycle.stop()
    }
    unsafe Instance.release(pointer)
    SlotStore.forget()
    return code
  }
}

/// Writes bytes to a sink of the host's.
func write(_ bytes: [UInt8], to sink: UnsafePointer<dvt_sink>?) throws(PluginError) {
  guard let sink = unsafe sink, let write = unsafe sink.pointee.write else {
    throw PluginError(.invalid, "the host sent no sink")
  }
  let code = unsafe bytes.withUnsafeBufferPointer {
    unsafe write(sink.pointee.context, $0.baseAddress, UInt64($0.count))
  }
  guard code == DVT_OK else {
    throw PluginError(PluginError.Code(rawValue: code), "the host took no more bytes")
  }
}
