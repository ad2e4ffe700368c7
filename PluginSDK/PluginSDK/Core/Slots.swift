import CDovetail

/// The plugins of this image. An image has one, unless a host links several into its executable.
///
/// The first callbacks bring no pointer that tells the plugins of an image apart, so each has functions of its own.
enum Slots {
  /// The most plugins of one image.
  static let count = 16

  // Safe: a slot's table is written once, by the entry call, before the host reads it.
  nonisolated(unsafe) private static var tables = InlineArray<16, dvt_plugin>(
    repeating: dvt_plugin())

  /// Tells the plugins of an image apart. An Embedded image has no metatypes, and only ever one plugin.
  private static func key<P: Plugin>(_ type: P.Type) -> Int {
    #if hasFeature(Embedded)
      0
    #else
      Int(bitPattern: ObjectIdentifier(type))
    #endif
  }

  /// Notes a plugin at its entry call.
  ///
  /// - Returns: Its callbacks, or `nil` when the image has too many plugins.
  static func enter<P: Plugin>(
    _ type: P.Type, _ identity: PluginContext.Identity
  ) -> UnsafePointer<dvt_plugin>? {
    let slot = Slot(
      type: key(type),
      make: { (context) throws(PluginFailure) in
        try Instance(context, Lifecycle(P(context: context)))
      }, identity: identity)
    guard let (number, isNew) = SlotStore.note(slot) else { return nil }
    if isNew { unsafe tables[number] = table(number) }
    return unsafe withUnsafePointer(to: &tables) {
      unsafe UnsafeRawPointer($0).assumingMemoryBound(to: dvt_plugin.self) + number
    }
  }

  /// `pre_init` and `init` of a slot: a C function carries no number.
  private static func table(_ number: Int) -> dvt_plugin {
    typealias Step =
      @convention(c) (
        UnsafePointer<dvt_host>?, UnsafeMutablePointer<UnsafeMutableRawPointer?>?,
        UnsafePointer<dvt_error_sink>?
      ) -> Int32
    let steps: [(prepare: Step, start: Step)] = unsafe [
      ({ unsafe Slots.prepare(0, $0, $1, $2) }, { unsafe Slots.start(0, $0, $1, $2) }),
      ({ unsafe Slots.prepare(1, $0, $1, $2) }, { unsafe Slots.start(1, $0, $1, $2) }),
      ({ unsafe Slots.prepare(2, $0, $1, $2) }, { unsafe Slots.start(2, $0, $1, $2) }),
      ({ unsafe Slots.prepare(3, $0, $1, $2) }, { unsafe Slots.start(3, $0, $1, $2) }),
      ({ unsafe Slots.prepare(4, $0, $1, $2) }, { unsafe Slots.start(4, $0, $1, $2) }),
      ({ unsafe Slots.prepare(5, $0, $1, $2) }, { unsafe Slots.start(5, $0, $1, $2) }),
      ({ unsafe Slots.prepare(6, $0, $1, $2) }, { unsafe Slots.start(6, $0, $1, $2) }),
      ({ unsafe Slots.prepare(7, $0, $1, $2) }, { unsafe Slots.start(7, $0, $1, $2) }),
      ({ unsafe Slots.prepare(8, $0, $1, $2) }, { unsafe Slots.start(8, $0, $1, $2) }),
      ({ unsafe Slots.prepare(9, $0, $1, $2) }, { unsafe Slots.start(9, $0, $1, $2) }),
      ({ unsafe Slots.prepare(10, $0, $1, $2) }, { unsafe Slots.start(10, $0, $1, $2) }),
      ({ unsafe Slots.prepare(11, $0, $1, $2) }, { unsafe Slots.start(11, $0, $1, $2) }),
      ({ unsafe Slots.prepare(12, $0, $1, $2) }, { unsafe Slots.start(12, $0, $1, $2) }),
      ({ unsafe Slots.prepare(13, $0, $1, $2) }, { unsafe Slots.start(13, $0, $1, $2) }),
      ({ unsafe Slots.prepare(14, $0, $1, $2) }, { unsafe Slots.start(14, $0, $1, $2) }),
      ({ unsafe Slots.prepare(15, $0, $1, $2) }, { unsafe Slots.start(15, $0, $1, $2) }),
    ]
    var table = Callbacks.table()
    unsafe table.pre_init = steps[number].prepare
    unsafe table.`init` = steps[number].start
    return table
  }

  private static func prepare(
    _ number: Int, _ host: UnsafePointer<dvt_host>?,
    _ out: UnsafeMutablePointer<UnsafeMutableRawPointer?>?, _ error: UnsafePointer<dvt_error_sink>?
  ) -> Int32 {
    unsafe guarded(error) { () throws(PluginFailure) in
      guard let host = unsafe host, let out = unsafe out else {
        throw PluginError(.invalid, "the host passed no host")
      }
      guard let slot = SlotStore.find(number) else {
        throw PluginError(.invalid, "the host called before the entry")
      }
      unsafe out.pointee = unsafe try slot.make(PluginContext(HostLink(host), slot.identity))
        .retained()
    }
  }

  /// A failed start keeps the instance: its handlers may be running until the host has revoked them.
  private static func start(
    _ number: Int, _ host: UnsafePointer<dvt_host>?,
    _ out: UnsafeMutablePointer<UnsafeMutableRawPointer?>?, _ error: UnsafePointer<dvt_error_sink>?
  ) -> Int32 {
    guard let out = unsafe out else { return DVT_INVALID }
    if unsafe out.pointee == nil {
      let code = unsafe prepare(number, host, out, error)
      guard code == DVT_OK else { return code }
    }
    return unsafe Instance.with(out.pointee, error) { (it) throws(PluginFailure) in
      try it.lifecycle.start()
    }
  }
}
