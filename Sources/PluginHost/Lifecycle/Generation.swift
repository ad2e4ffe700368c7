import CDovetail
import CHostSupport
import EventBus
import HostSupport
import Synchronization

/// One build of a plugin in this host, from its staged file to its end.
///
/// Threading: `callbacks` and `storage` are used by one lifecycle call at a time; the rest is immutable or locked.
@safe final class Generation: @unchecked Sendable {
  // Safe: `storage` lives as long as the object; mutable parts are inside `state`.
  /// Where a build comes from.
  enum Origin: Sendable {
    /// A verified copy of a file.
    case staged(StagedImage)
    /// Code that is linked into the host.
    case builtin(BuiltinPlugin)

    /// SHA-256 of the build; `nil` for a builtin.
    var hash: SHA256Digest? { if case .staged(let staged) = self { staged.digest } else { nil } }
  }

  private struct State {
    var image: LoadedImage?
    var worker: Worker?
    var standby: Worker?
    var ownsFiles: Bool
    /// The state that it began from.
    var given: SavedState?
    var callbacks: PluginCallbacks?
    var completed: [LifecyclePhase] = []
    var isTainted = false
    var mustStayMapped = false
    var passedImageOn = false
    var attemptedInit = false
  }

  let instance: PluginInstance
  let origin: Origin
  let build: UInt32
  /// Whether it runs in a worker process.
  let isIsolated: Bool
  private let storage: UnsafeMutablePointer<UnsafeMutableRawPointer?>
  private let state: Mutex<State>

  init(
    instance: PluginInstance, origin: Origin, build: UInt32, isIsolated: Bool = false,
    sharesFiles: Bool = false
  ) {
    state = Mutex(State(ownsFiles: !sharesFiles))
    self.isIsolated = isIsolated
    self.instance = instance
    self.origin = origin
    self.build = build
    unsafe storage = .allocate(capacity: 1)
    unsafe storage.initialize(to: nil)
  }

  deinit { unsafe storage.deallocate() }

  var id: String { instance.id }
  var number: UInt32 { instance.owner.generation }
  var manifest: Manifest { instance.manifest }

  /// SHA-256 of the build; `nil` for a builtin.
  var hash: SHA256Digest? { origin.hash }

  /// Whether its file, and the libraries that it brings, hold the same bytes as another's.
  func holdsSame(as other: Generation) -> Bool {
    guard case .staged(let own) = origin, case .staged(let others) = other.origin else {
      return hash == other.hash
    }
    return own.holdsSame(as: others)
  }

  var image: LoadedImage? { state.withLock { $0.image } }

  func setImage(_ image: LoadedImage?) { state.withLock { $0.image = image } }

  /// Its worker process, from its start to its end.
  var worker: Worker? { state.withLock { $0.worker } }

  /// Takes the plugin of a worker for its own: its callbacks lead there.
  func adopt(_ worker: Worker) {
    unsafe storage.pointee = worker.instance
    let callbacks = PluginCallbacks(table: worker.plugin)
    state.withLock { $0.callbacks = callbacks }
  }

  func setWorker(_ worker: Worker?) { state.withLock { $0.worker = worker } }

  /// The process that stands by for the next generation of the same build; it goes with the image.
  var standby: Worker? { state.withLock { $0.standby } }

  /// Sets the standby.
  ///
  /// - Returns: The one before.
  func setStandby(_ standby: Worker?) -> Worker? {
    state.withLock { state in
      defer { state.standby = standby }
      return state.standby
    }
  }

  /// Whether its staged copy goes with it.
  var ownsFiles: Bool { state.withLock { $0.ownsFiles } }

  /// The state that it began from, for a successor that has no later one.
  var given: SavedState? {
    get { state.withLock { $0.given } }
    set { state.withLock { $0.given = newValue } }
  }

  /// Gives the mapped image, the staged files and the standby to another generation of the same build, with what is known against it.
  func passImage(to other: Generation) {
    let (image, standby, owns, stays) = state.withLock { state in
      defer {
        (state.image, state.passedImageOn, state.ownsFiles, state.standby) = (nil, true, false, nil)
      }
      return (
        state.image, state.standby, state.ownsFiles, state.isTainted || state.mustStayMapped
      )
    }
    other.state.withLock { state in
      state.image = image
      state.standby = standby
      state.ownsFiles = state.ownsFiles || owns
      state.passedImageOn = false
      state.mustStayMapped = state.mustStayMapped || stays
    }
  }

  /// Whether the image is another generation's now.
  var passedImageOn: Bool { state.withLock { $0.passedImageOn } }

  /// Whether a thread is lost in the image, though this generation itself is sound.
  var mustStayMapped: Bool { state.withLock { $0.mustStayMapped } }

  /// Whether there is something to clean up: `init` succeeded, or it was never tried after a `pre_init` of the plugin's own.
  var needsCleanup: Bool {
    state.withLock { state in
      if state.completed.contains(.initialize) { return true }
      let prepared = state.completed.contains(.preInit) && !state.attemptedInit
      return unsafe prepared && state.callbacks?.table.pre_init != nil
    }
  }

  /// Phases that succeeded, in order.
  var completed: [LifecyclePhase] { state.withLock { $0.completed } }

  func complete(_ phase: LifecyclePhase) { state.withLock { $0.completed.append(phase) } }

  /// Forgets what succeeded: it was cleaned up already.
  func forgetProgress() { state.withLock { $0.completed = [] } }

  func has(_ phase: LifecyclePhase) -> Bool { completed.contains(phase) }

  /// A call crashed or hangs in it: its code is not called again and its image never unmapped.
  var isTainted: Bool { state.withLock { $0.isTainted || $0.worker?.isOver == true } }

  func taint() { state.withLock { $0.isTainted = true } }

  // MARK: Calls into the plugin; each runs on a lifecycle thread, under the guard

  /// Asks the entry for the callbacks.
  ///
  /// - Parameter entry: `dovetail_plugin`.
  /// - Returns: The result of the call and, where it did not crash, the callbacks or why they cannot be used.
  func handshake(_ entry: dvt_entry) -> (CallResult, Result<PluginCallbacks, ErrorReport>?) {
    var returned: UnsafePointer<dvt_plugin>?
    let result = unsafe withUnsafeMutablePointer(to: &returned) { returned in
      unsafe withText(Dovetail.version) { version in
        var handshake = unsafe dvt_handshake(
          struct_size: UInt32(MemoryLayout<dvt_handshake>.size), abi_major: UInt16(DVT_ABI_MAJOR),
          abi_minor: UInt16(DVT_ABI_MINOR), host_version: version, plugin_id: instance.source.value,
          generation: number, reserved: 0)
        return unsafe withUnsafePointer(to: &handshake) { handshake in
          unsafe PluginCall.run(instance.lifecycle) { _ in
            unsafe returned.pointee = entry(handshake)
            return 0
          }
        }
      }
    }
    guard result.failure == nil else { return (result, nil) }
    do throws(ErrorReport) {
      let callbacks = try unsafe PluginCallbacks(reading: returned, id: id)
      state.withLock { $0.callbacks = callbacks }
      return (result, .success(callbacks))
    } catch {
      return (result, .failure(error))
    }
  }

  /// Runs one of the callbacks that take the instance; DVT_OK where the plugin has none.
  func call(_ phase: LifecyclePhase) -> CallResult {
    guard let table = state.withLock({ $0.callbacks })?.table else {
      return CallResult(code: DVT_OK)
    }
    if phase == .initialize { state.withLock { $0.attemptedInit = true } }
    let host = unsafe instance.host
    let storage = unsafe storage
    return unsafe PluginCall.run(instance.lifecycle) { sink in
      let error = unsafe sink?.assumingMemoryBound(to: dvt_error_sink.self)
      switch phase {
      case .preInit: return unsafe table.pre_init?(host, storage, error) ?? DVT_OK
      case .initialize: return unsafe table.`init`?(host, storage, error) ?? DVT_OK
      case .postInit: return unsafe table.post_init?(storage.pointee, error) ?? DVT_OK
      case .quiesce: return unsafe table.quiesce?(storage.pointee, error) ?? DVT_OK
      case .resume: return unsafe table.resume?(storage.pointee, error) ?? DVT_OK
      case .preCleanup: return unsafe table.pre_cleanup?(storage.pointee, error) ?? DVT_OK
      case .cleanup: return unsafe table.cleanup?(storage.pointee, error) ?? DVT_OK
      default: return DVT_OK
      }
    }
  }

  /// Whether the plugin has state to hand over.
  var hasState: Bool {
    manifest.state != nil && state.withLock { unsafe $0.callbacks?.table.save_state != nil }
  }

  /// Whether the plugin can take state over; known once it is loaded.
  var canRestore: Bool { state.withLock { unsafe $0.callbacks?.table.restore_state != nil } }

  /// Asks the plugin for its state.
  func saveState(into collector: ReplyCollector) -> CallResult {
    guard let table = state.withLock({ $0.callbacks })?.table else {
      return CallResult(code: DVT_OK)
    }
    let storage = unsafe storage
    return unsafe PluginCall.run(instance.lifecycle) { sink in
      unsafe table.save_state?(
        storage.pointee, collector.sink, sink?.assumingMemoryBound(to: dvt_error_sink.self))
        ?? DVT_OK
    }
  }

  /// Gives the plugin the state of its predecessor.
  func restoreState(_ saved: SavedState) -> CallResult {
    guard let table = state.withLock({ $0.callbacks })?.table else {
      return CallResult(code: DVT_OK)
    }
    let storage = unsafe storage
    return unsafe withText(saved.schema) { schema in
      unsafe withBytes(saved.bytes) { data in
        var lent = unsafe dvt_state(
          struct_size: UInt32(MemoryLayout<dvt_state>.size), abi_major: UInt16(DVT_ABI_MAJOR),
          abi_minor: UInt16(DVT_ABI_MINOR), schema: schema, version: saved.version, data: data)
        return unsafe withUnsafePointer(to: &lent) { lent in
          unsafe PluginCall.run(instance.lifecycle) { sink in
            unsafe table.restore_state?(
              storage.pointee, lent, sink?.assumingMemoryBound(to: dvt_error_sink.self)) ?? DVT_OK
          }
        }
      }
    }
  }

  /// Whether the plugin says of itself how it is.
  var saysHealth: Bool { state.withLock { unsafe $0.callbacks?.table.health != nil } }

  /// Asks the plugin how it is; on any thread, as its figures are collected.
  func checkHealth() -> CallResult {
    guard let table = state.withLock({ $0.callbacks })?.table else {
      return CallResult(code: DVT_OK)
    }
    let storage = unsafe storage
    return unsafe PluginCall.run(instance.figures) { sink in
      unsafe table.health?(storage.pointee, sink?.assumingMemoryBound(to: dvt_error_sink.self))
        ?? DVT_OK
    }
  }

  /// Collects the plugin's own figures.
  func collectMetrics(_ sink: UnsafePointer<dvt_metric_sink>) -> CallResult {
    guard let table = state.withLock({ $0.callbacks })?.table else {
      return CallResult(code: DVT_OK)
    }
    let storage = unsafe storage
    return unsafe PluginCall.run(instance.figures) { _ in
      unsafe table.metrics?(storage.pointee, sink) ?? DVT_OK
    }
  }
}
