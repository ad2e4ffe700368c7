import CHostSupport

/// What a signal handler found out about a fault beside the signal itself.
struct CrashDetail: Sendable, Equatable {
  /// `HS_CRASH_…`.
  let flags: UInt32
  /// What held for the plugin.
  let policy: HostConfiguration.CrashPolicy?
  /// The instruction that faulted.
  let instruction: UInt64
  /// The event's number in its topic; 0 where it had none.
  let sequence: UInt64
  /// What the host called; empty for a handler or a lifecycle step.
  let label: String
  /// The mangled type of the exception of C++ that was thrown; empty without one.
  let exception: String
  /// What the Swift runtime or the C library said, in one line; empty when they said nothing.
  let message: String
  /// The calls that led there.
  let trace: CrashTrace

  private func has(_ flag: UInt32) -> Bool { flags & flag != 0 }

  /// Whether it happened inside a Swift task, out of which nothing can be jumped.
  var isInTask: Bool { has(HS_CRASH_TASK) }

  /// Whether a check failed, before anything was damaged: an exception of C++ that nobody caught, a cast of Swift's, an assertion.
  var isCheck: Bool {
    has(HS_CRASH_THROW) || has(HS_CRASH_STACK) || has(HS_CRASH_PURE)
      || message.hasPrefix("Could not cast")
  }

  /// What is known of it beyond the signal, in one line; `nil` when nothing is.
  var explanation: String? {
    if has(HS_CRASH_STACK) { return "the stack is used up (endless recursion?)" }
    if has(HS_CRASH_THROW) {
      return "an exception of C++ was not caught"
        + (exception.isEmpty ? "" : ": \(CrashSymbols.demangled(type: exception))")
    }
    if has(HS_CRASH_PURE) { return "a pure virtual function was called" }
    if !message.isEmpty { return message }
    return has(HS_CRASH_TERMINATE) ? "std::terminate was called" : nil
  }
}

extension CrashDetail {
  /// Reads what a handler filled in.
  init(_ crash: borrowing hs_crash) {
    var crash = copy crash
    flags = crash.flags
    policy = HostConfiguration.CrashPolicy(contained: crash.policy)
    instruction = crash.pc
    sequence = crash.sequence
    label = Self.text(&crash.label)
    exception = Self.text(&crash.exception)
    message = Self.line(Self.text(&crash.message))
    trace = unsafe withUnsafeBytes(of: &crash.trace) { bytes in CrashTrace(unsafe Array(bytes)) }
  }

  static func text<Characters>(_ characters: inout Characters) -> String {
    unsafe withUnsafeBytes(of: &characters) { bytes in
      unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
  }

  /// The first line of what was said.
  static func line(_ text: String) -> String {
    String(text.prefix { !$0.isNewline })
  }
}

extension HostConfiguration.CrashPolicy {
  /// Its number for the guard: `HS_CONTAIN_…`.
  var contained: UInt32 {
    switch self {
    case .off: HS_CONTAIN_NONE
    case .traps: HS_CONTAIN_TRAPS
    case .containAll: HS_CONTAIN_ALL
    }
  }

  /// The policy of a number, `nil` for an unknown one.
  init?(contained: UInt32) {
    guard let policy = Self.allCases.first(where: { $0.contained == contained }) else { return nil }
    self = policy
  }
}
