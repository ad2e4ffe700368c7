import CDovetail
import CHostSupport
import EventBus

/// The door through which every call of a plugin enters the host.
///
/// While the host runs on a plugin's behalf the thread is on the host's side: a fault there is never contained.
enum ABIEntry {
  /// Whether a call may be made by a generation that has not committed yet.
  enum InShadow { case allowed, refused }

  /// Runs a call of the ABI.
  ///
  /// - Parameters:
  ///   - host: What the plugin passed.
  ///   - error: The plugin's error sink, may be NULL.
  ///   - inShadow: Whether a generation that a reload is starting may make the call.
  ///   - body: Does the work; whatever it throws goes to the sink.
  /// - Returns: The code for the plugin.
  static func call(
    _ host: UnsafePointer<dvt_host>?, _ error: UnsafePointer<dvt_error_sink>?,
    inShadow: InShadow = .allowed,
    _ body: (PluginInstance) throws(ErrorReport) -> Int32
  ) -> Int32 {
    let side = hs_side_set(HS_SIDE_HOST)
    defer { _ = hs_side_set(side) }
    guard let instance = unsafe PluginInstance.behind(host) else {
      return unsafe ErrorReport(
        DVT_INVALID, "the host pointer is NULL; pass the one you were given"
      ).report(to: error)
    }
    do throws(ErrorReport) {
      try check(instance, inShadow)
      return try body(instance)
    } catch let report {
      return unsafe report.report(to: error)
    }
  }

  private static func check(
    _ instance: PluginInstance, _ inShadow: InShadow
  ) throws(ErrorReport) {
    switch instance.settledMode() {
    case .open, .releasing, .leaving: return
    case .shadow:
      guard inShadow == .refused else { return }
      throw ErrorReport(
        DVT_NOT_COMMITTED,
        "\(instance.owner) is being started by a reload that has not committed; do this after post_init",
        retryable: true)
    case .gone, .suspended:
      instance.core.losses.note(.callTooLate, instance.id)
      throw ErrorReport(
        DVT_GONE,
        "\(instance.owner) was retired; a call of it came too late and was not carried out")
    }
  }

  /// Refuses a new registration of a generation that is being ended.
  static func checkRegistering(_ instance: PluginInstance) throws(ErrorReport) {
    guard instance.mode == .leaving else { return }
    throw ErrorReport(
      DVT_GONE, "\(instance.owner) is being ended; it can publish and call, but register nothing")
  }

  /// Checks that a struct from a plugin has at least the fields of the first revision.
  static func checkSize(_ size: UInt32, _ name: String, atLeast least: Int) throws(ErrorReport) {
    guard size >= UInt32(least) else {
      throw ErrorReport(
        DVT_INVALID,
        "\(name).struct_size is \(size), expected at least \(least); set it to sizeof(\(name))")
    }
  }
}

extension ErrorReport {
  /// An error of the bus, as a plugin sees it.
  init(_ error: BusError) {
    let code =
      switch error {
      case .invalid: DVT_INVALID
      case .nameTaken, .serviceTaken, .typeTaken: DVT_EXISTS
      case .noSuchService: DVT_NOT_FOUND
      case .gone: DVT_GONE
      case .full: DVT_FULL
      }
    self.init(code, error.description)
  }

  /// A call that did not come to its own end, as a plugin sees it.
  init(_ failure: CallFailure, _ what: String) {
    switch failure {
    case .crashed: self.init(DVT_CRASHED, "\(what) crashed and was contained")
    case .tooDeep: self.init(DVT_DEPTH, "\(what): calls are nested too deep: \(CallChain.text)")
    case .revoked:
      self.init(DVT_UNAVAILABLE, "\(what) ended while it was being called", retryable: true)
    case .gateClosed:
      self.init(
        DVT_UNAVAILABLE, "\(what) is being reloaded and did not come back in time", retryable: true)
    case .noMemory: self.init(DVT_FULL, "no memory for another thread's slot")
    case .refused:
      self.init(
        DVT_DENIED,
        ErrorCollector.ofThread?.takeRefusal() ?? "\(what) was refused by an interceptor")
    case .unfit:
      self.init(
        DVT_INVALID,
        ErrorCollector.ofThread?.takeRefusal() ?? "\(what): the event does not fit its schema")
    case .queueFull:
      self.init(DVT_FULL, "\(what): the queue of a subscription is full", retryable: true)
    }
  }
}
