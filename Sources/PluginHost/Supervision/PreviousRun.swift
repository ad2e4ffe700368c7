/// What the journal tells about the host that ran before on this state directory.
public struct PreviousRun: Sendable, Equatable {
  /// A fault that ended it.
  public struct Crash: Sendable, Equatable {
    /// The signal's number.
    public let signal: Int32
    /// `si_code`.
    public let code: Int32
    /// The address that the signal came with.
    public let address: UInt64
    /// The build that the fault was in, if one is known.
    public let build: PluginBuild?
    /// The phase that it was in.
    public let phase: LifecyclePhase?
    /// Whether the fault was in the host's own code, called by the plugin.
    public let inHost: Bool
    /// The event's type, cut to 128 bytes; empty outside a handler.
    public let topic: String
    /// The name of the thread.
    public let thread: String
    /// When: seconds since 1970.
    public let time: Double
    /// The kernel's id of the thread.
    let threadID: Int32
    /// What more is known; `nil` in a journal of a host that did not keep it.
    let detail: CrashDetail?
  }

  /// A call of `exit` that ended it.
  public struct Exit: Sendable, Equatable {
    /// The status, -1 when it is not known.
    public let status: Int32
    /// The build that called it, if one is known.
    public let build: PluginBuild?
    /// The phase that it was in.
    public let phase: LifecyclePhase?
  }

  /// A call that had not come back.
  public struct Step: Sendable, Equatable {
    /// The build that was called.
    public let build: PluginBuild
    /// In which phase.
    public let phase: LifecyclePhase
  }

  /// Its process id.
  public let pid: Int32
  /// Whether it ended as it was told to.
  public let cleanShutdown: Bool
  /// Whether the machine has not been restarted since.
  public let sameBoot: Bool
  /// The fault that ended it, if one was recorded.
  public let crash: Crash?
  /// The call of `exit` that ended it, if one was recorded.
  public let exit: Exit?
  /// Calls that had not come back, usually none or one.
  public let unfinishedSteps: [Step]

  /// The build to blame for the host's death, with the cause in prose: at most one, by the rules in JOURNAL.md.
  public var culprit: QuarantineCause? {
    if cleanShutdown { return nil }
    if let crash, let build = crash.build {
      return QuarantineCause(build: build, cause: crash.description, phase: crash.phase)
    }
    if let exit, let build = exit.build {
      return QuarantineCause(build: build, cause: exit.description, phase: exit.phase)
    }
    guard crash == nil, sameBoot, let step = unfinishedSteps.first(where: { $0.phase == .load })
    else { return nil }
    return QuarantineCause(
      build: step.build, cause: "the host died while it was being loaded", phase: .load)
  }
}

/// A build and why it is to blame.
public struct QuarantineCause: Sendable, Equatable {
  /// The build.
  public let build: PluginBuild
  /// Why, in prose.
  public let cause: String
  /// In which phase, if that is known.
  public let phase: LifecyclePhase?

  /// Names a build and why it is to blame.
  public init(build: PluginBuild, cause: String, phase: LifecyclePhase?) {
    self.build = build
    self.cause = cause
    self.phase = phase
  }
}

extension PreviousRun.Crash: CustomStringConvertible {
  /// Signal, address, place and thread in one line.
  public var description: String {
    let place =
      !topic.isEmpty
      ? " while handling \(topic)"
      : detail.flatMap { $0.label.isEmpty ? nil : " in \($0.label)" }
        ?? phase.map { " in \($0.rawValue)" } ?? ""
    // Constructors run inside the loader's call, which counts as the host's side.
    let side = inHost && phase != .load ? ", in the host's code that it called" : ""
    let why = detail?.explanation.map { ": \($0)" } ?? ""
    return "\(SignalName.of(signal)) at 0x\(String(address, radix: 16))\(place)\(side)"
      + " on thread \(thread)\(why)"
  }
}

extension PreviousRun.Exit: CustomStringConvertible {
  /// What was called, and where, in one line.
  public var description: String {
    let argument = status < 0 ? "" : "\(status)"
    return "it called exit(\(argument))" + (phase.map { " in \($0.rawValue)" } ?? "")
  }
}
