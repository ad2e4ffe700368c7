import CDovetail
import EventBus
import HostSupport
import MetadataStore
import Synchronization

/// A plugin's watch on the metadata store. Its position passes to the next generation's watch of the same name.
///
/// Threading: any thread.
@safe final class PluginWatch: @unchecked Sendable {
  // Safe: the C function and its context are immutable; everything mutable is inside `state`.
  private struct State {
    var watch: MetadataWatch?
    var position: WatchPosition?
    var callable: Callable?
    /// The revision from which on to list anew, which the plugin has not been told yet.
    var owesResync: UInt64?
  }

  let name: String
  private let scope: WatchScope
  private let tellsResync: Bool
  private let receiver: dvt_record_receiver
  private let context: UnsafeMutableRawPointer?
  private unowned let instance: PluginInstance
  private let state: Mutex<State>

  init(
    instance: PluginInstance, name: String, scope: WatchScope, from revision: UInt64,
    tellsResync: Bool,
    receiver: @escaping dvt_record_receiver, context: UnsafeMutableRawPointer?
  ) {
    self.instance = instance
    self.name = name
    self.scope = scope
    self.tellsResync = tellsResync
    unsafe self.receiver = unsafe receiver
    unsafe self.context = unsafe context
    state = Mutex(State(position: revision == 0 ? nil : WatchPosition(after: revision)))
  }

  /// The last change that was reported; `nil` when none was and none was asked for.
  var position: WatchPosition? { state.withLock { $0.position } }

  /// What its reports run through, for the plugin's gate; `nil` while it does not report.
  var callable: Callable? { state.withLock { $0.callable } }

  /// Starts to report.
  ///
  /// - Parameter former: The last change that the former generation's watch of this name saw.
  /// - Throws: What the store throws.
  func start(after former: WatchPosition? = nil) throws(MetadataError) {
    let store = try instance.core.metadata
    let callable = unsafe Callable(
      owner: instance.owner, inPlugin: true, label: "watch \(name)")
    let position = state.withLock { state in
      state.callable = callable
      // A position from the first moment on: what comes while a reload holds the watch is not lost.
      let position =
        former ?? state.position ?? WatchPosition(after: store.snapshot.revision)
      state.position = position
      return position
    }
    let watch = try store.watch("\(instance.id)/\(name)", scope, after: position.start) {
      [weak self] event in
      self?.report(event, beyond: position, callable)
    }
    state.withLock { $0.watch = watch }
  }

  /// Starts to report changes from now on: those after the position are not held any more.
  func startAnew() throws(MetadataError) {
    noteOverflow()
    let revision = try instance.core.metadata.snapshot.revision
    if tellsResync { state.withLock { $0.owesResync = revision } }
    try start(after: WatchPosition(after: revision))
  }

  /// Stops to report, keeping the position.
  ///
  /// - Returns: Whether no report is in progress any more.
  func suspend(until deadline: Deadline) -> Bool {
    let (watch, callable) = state.withLock { state in
      defer { (state.watch, state.callable) = (nil, nil) }
      return (state.watch, state.callable)
    }
    // A report that waits at the gate goes away by itself, without a call.
    _ = watch?.cancel(until: Deadline(nanoseconds: 0))
    return callable?.end(until: deadline) != .pending
  }

  /// Ends it; see `Callable.end`.
  func end(until deadline: Deadline, _ done: @escaping @Sendable () -> Void) -> Callable.Ending {
    let (watch, callable) = state.withLock { ($0.watch, $0.callable) }
    _ = watch?.cancel(until: Deadline(nanoseconds: 0))
    guard let callable else { return .ended }
    let ending = callable.end(until: deadline)
    if ending == .pending { instance.core.bus.whenEnded(callable, done) }
    return ending
  }

  private func noteOverflow() {
    instance.noteFailure("watch \(name) fell behind; list the collection and watch anew")
    instance.core.losses.note(.watchOverflow, instance.id)
  }

  private func report(
    _ event: MetadataWatchEvent, beyond position: WatchPosition, _ callable: Callable
  ) {
    switch event {
    case .resync(let revision):
      noteOverflow()
      if tellsResync { _ = tell(resyncFrom: revision, callable) }
    case .change(let change):
      if !position.covers(change) { report(change, RecordLoan(change), callable) }
    case .left(let change):
      if !position.covers(change) { report(change, RecordLoan(change, hasLeft: true), callable) }
    }
  }

  private func report(_ change: MetadataChange, _ loan: RecordLoan, _ callable: Callable) {
    if let revision = state.withLock({ $0.owesResync.take() }),
      !tell(resyncFrom: revision, callable)
    {
      return
    }
    let isTold = unsafe loan.lend { lent in unsafe tell(lent, callable) }
    if isTold { state.withLock { $0.position = WatchPosition(after: change) } }
  }

  /// Tells the plugin to list anew.
  ///
  /// - Returns: Whether the plugin was told.
  private func tell(resyncFrom revision: UInt64, _ callable: Callable) -> Bool {
    unsafe withText(scope.collection) { collection in
      var raw = unsafe dvt_record()
      unsafe raw.struct_size = UInt32(MemoryLayout<dvt_record>.size)
      unsafe raw.abi_major = UInt16(DVT_ABI_MAJOR)
      unsafe raw.abi_minor = UInt16(DVT_ABI_MINOR)
      unsafe raw.collection = collection
      unsafe raw.flags = DVT_RECORD_RESYNC
      unsafe raw.expires = .max
      unsafe raw.revision = revision
      return unsafe tell(&raw, callable)
    }
  }

  private func tell(_ lent: UnsafePointer<dvt_record>, _ callable: Callable) -> Bool {
    var outcome: CallResult
    repeat {
      outcome = unsafe PluginCall.run(callable, patience: instance.core.limits.gatePatience) {
        [receiver, context] _ in
        unsafe receiver(context, lent)
      }
    } while outcome.failure == .gateClosed
    switch outcome.failure {
    case .crashed: instance.core.onCrash(instance, outcome.fault, "watch \(name)")
    case nil: break
    default: return false
    }
    return true
  }
}
