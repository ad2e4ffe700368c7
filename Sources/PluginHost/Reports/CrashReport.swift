public import HostSupport

/// A crash of plugin code: what happened, to whom, where, and what became of it.
public struct CrashReport: Codable, Sendable, Equatable {
  /// What a crash cost.
  public enum Outcome: String, Codable, Sendable, CaseIterable {
    /// The host went on without that generation.
    case contained
    /// The host died of it.
    case fatal
    /// The worker process of an isolated plugin died of it; the host went on.
    case worker
  }

  /// A place in code.
  public struct Frame: Codable, Sendable, Equatable {
    /// Its address in the process that crashed, such as "0x7f06a1c3d1f0".
    public var address: String
    /// The path of the file that was mapped there.
    public var image: String?
    /// How far into that file's mapping it is, such as "0x11f0".
    public var offset: String?
    /// The function, in words where its name was mangled.
    public var symbol: String?
    /// Bytes from where the function begins.
    public var symbolOffset: Int?

    /// Names a place of which nothing but its address is known.
    public init(address: UInt64) { self.address = Self.hexadecimal(address) }

    static func hexadecimal(_ number: UInt64) -> String { "0x" + String(number, radix: 16) }
  }

  /// Its number in the host's state directory, 1…; 0 before `CrashArchive` has it.
  public var id = 0
  /// When, RFC 3339 in UTC.
  public var time: String
  /// The plugin's id; empty when nobody can be named.
  public var plugin: String
  /// The build's version.
  public var version: String
  /// SHA-256 of the build in lower-case hexadecimal; empty where it is not known.
  public var contentHash: String
  /// Which generation of the plugin it was in its host, 1….
  public var generation: Int
  /// What it cost.
  public var outcome: Outcome
  /// The policy under which it happened: `traps`, `contain-all` or `off`; empty for an isolated plugin.
  public var policy = ""
  /// What happened, in one line.
  public var cause: String
  /// What the host called when it happened, such as "handler 'poke'", if that is known.
  public var place: String?
  /// The phase of the plugin's life, as `LifecyclePhase` spells it.
  public var phase: String?
  /// The topic of the event that was being handled.
  public var topic: String?
  /// The number of that event in its topic, where it had one.
  public var sequence: UInt64?
  /// The service that was being called.
  public var service: String?
  /// The signal's name, such as "SIGSEGV"; `nil` for what ended without one.
  public var signal: String?
  /// `si_code` of the signal.
  public var signalCode: Int?
  /// The address that could not be read, written or executed, such as "0x8".
  public var address: String?
  /// The instruction that faulted.
  public var instruction: Frame?
  /// The status that a process exited with; `nil` for what died of a signal.
  public var exitStatus: Int?
  /// Whether the fault was in the host's own code, called by the plugin.
  public var inHost = false
  /// The kernel's id of the thread.
  public var thread: Int?
  /// The thread's name.
  public var threadName: String?
  /// What the runtime said: Swift's message, the type of a C++ exception, or what the C library printed.
  public var message: String?
  /// The calls that led there, innermost first, cut after 48.
  public var backtrace: [Frame] = []

  /// Describes a crash; everything else starts empty.
  ///
  /// - Parameters:
  ///   - build: Whose it was, if one is known.
  ///   - outcome: What it cost.
  ///   - cause: What happened, in one line.
  ///   - nanoseconds: When, since 1970.
  public init(
    of build: PluginBuild?, _ outcome: Outcome, cause: String, at nanoseconds: Int64 = LogTime.now()
  ) {
    time = LogTime.rfc3339(nanoseconds)
    plugin = build?.id ?? ""
    version = build?.version ?? ""
    contentHash = build.map { $0.hash == .zero ? "" : $0.hash.description } ?? ""
    generation = Int(build?.generation ?? 0)
    self.outcome = outcome
    self.cause = cause
  }
}
