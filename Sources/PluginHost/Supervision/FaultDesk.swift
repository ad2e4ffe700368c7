import CHostSupport
import EventBus
import HostSupport
import Synchronization

/// Where contained crashes and failed deliveries are reported, on whatever thread they happen; the host acts on its own.
final class FaultDesk: Sendable {
  private let journal: Journal
  private let host = Mutex<WeakHost>(WeakHost())
  /// Start order as the resolver decided it last.
  let order = Mutex<[String]>([])

  private struct WeakHost { weak var host: Host? }

  init(journal: Journal) {
    self.journal = journal
  }

  /// Names the host that acts on reports.
  func attach(_ host: Host) { self.host.withLock { $0.host = host } }

  private var present: Host? { host.withLock { $0.host } }

  /// A handler failed or crashed.
  func deliveryFailed(_ failure: DeliveryFailure) {
    guard let host = present else { return }
    host.core.losses.note(.handlerFailed, failure.subscription.owner.name)
    guard let instance = host.table.instance(of: failure.subscription.owner) else { return }
    let name = failure.subscription.name
    if failure.result.failure == .crashed {
      crashed(instance, signal: failure.result.fault, place: "handler '\(name)'")
      return
    }
    let report = ErrorCollector.ofThread?.take()
    let message =
      "handler '\(name)': \(report?.message ?? "failed with code \(CodeName.of(failure.result.code))")"
    instance.noteFailure(message)
    host.core.log.log(.debug, instance.id, message)
  }

  /// Plugin code crashed and was contained.
  func crashed(_ instance: PluginInstance, signal: Int32, place: String) {
    let cause = ContainedCrash(signal: signal).cause(in: place)
    instance.noteFailure(cause)
    guard let host = present else { return }
    host.core.losses.note(.crash, instance.id)
    host.control.submit { [weak host] in host?.containCrash(of: instance, cause: cause) }
  }

  /// Installs the crash guard on the process and proves it on this runtime; traps are fatal where the proof fails.
  static func installGuard(_ policy: HostConfiguration.CrashPolicy, _ log: LogWriter)
    throws(OperationError)
  {
    let contain = policy == .traps ? HS_CONTAIN_TRAPS : HS_CONTAIN_NONE
    guard unsafe hs_guard_install(contain, { fault in unsafe hs_fatal_record(fault) }) == 0 else {
      throw OperationError(
        .failed, "the crash guard cannot be installed: \(SystemError("sigaction"))")
    }
    _ = watchesExit
    guard policy == .traps, unsafe hs_guard_self_test(GuardSelfTest.trap, GuardSelfTest.work) == 0
    else { return }
    hs_guard_contain(HS_CONTAIN_NONE)
    log.log(
      .warning, "guard",
      "this Swift runtime does not survive a contained trap (the self-test failed): a trap in a plugin ends the host"
    )
  }

  private static let watchesExit = hs_fatal_watch_exit() == 0
}
