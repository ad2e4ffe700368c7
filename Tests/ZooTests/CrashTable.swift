import Glibc

/// What becomes of each kind of failure: the table of CRASHES.md, row by row.
struct CrashTable {
  /// How a plugin runs.
  enum Mode: String, CaseIterable {
    case traps
    case containAll = "contain-all"
    case off
  }

  /// What a failure costs.
  enum Outcome: Equatable {
    /// The host goes on without that build; the report names the signal.
    case contained(String)
    /// The host dies of the signal, and the next start goes on without that build.
    case fatal(Int32)
    /// The host ends with that status, and the next start goes on without that build.
    case exits(Int32)
    /// The call fails, and nothing else.
    case fails
  }

  /// One kind of failure.
  struct Row: CustomStringConvertible {
    let language: Mischief.Language
    /// As CRASHES.md names it.
    let failure: String
    let deed: String
    /// What the report says, at least.
    let saying: String
    let outcomes: [Mode: Outcome]

    var description: String { "\(language.rawValue): \(failure)" }

    init(
      _ language: Mischief.Language, _ failure: String, _ deed: String, _ saying: String = "",
      traps: Outcome, all: Outcome, off: Outcome
    ) {
      self.language = language
      self.failure = failure
      self.deed = deed
      self.saying = saying
      outcomes = [.traps: traps, .containAll: all, .off: off]
    }
  }

  private static func trap(
    _ failure: String, _ deed: String, _ saying: String = "", _ signal: Int32 = SIGILL,
    _ name: String = "SIGILL"
  ) -> Row {
    Row(
      .swift, failure, deed, saying, traps: .contained(name), all: .contained(name),
      off: .fatal(signal))
  }

  private static func fault(
    _ language: Mischief.Language, _ failure: String, _ deed: String, _ saying: String,
    _ signal: Int32, _ name: String
  ) -> Row {
    Row(
      language, failure, deed, saying, traps: .fatal(signal), all: .contained(name),
      off: .fatal(signal))
  }

  private static func always(
    _ language: Mischief.Language, _ failure: String, _ deed: String, _ saying: String = "",
    _ outcome: Outcome
  ) -> Row {
    Row(language, failure, deed, saying, traps: outcome, all: outcome, off: outcome)
  }

  static let rows: [Row] = [
    trap("`fatalError`", "fatal", "out of cheese"),
    trap("failed `precondition`", "precondition", "out of cheese"),
    trap("index out of range", "range", "Index out of range"),
    trap("integer overflow", "overflow"),
    trap("force unwrap of `nil`", "unwrap", "Unexpectedly found nil"),
    trap("failed `as!`", "cast", "Could not cast value", SIGABRT, "SIGABRT"),
    trap("exclusivity violation", "exclusive", "", SIGABRT, "SIGABRT"),
    trap("trap in the initialiser of a `static let`", "statically"),
    always(.swift, "trap in a task", "task fatal", "out of cheese", .fatal(SIGILL)),
    fault(
      .swift, "stack overflow", "recursion", "the stack is used up", SIGSEGV, "SIGSEGV"),
    always(.swift, "error that is thrown", "error", "", .fails),

    fault(.c, "null pointer", "null", "SIGSEGV at 0x8", SIGSEGV, "SIGSEGV"),
    fault(.c, "jump to nowhere", "jump", "SIGSEGV at 0x1230", SIGSEGV, "SIGSEGV"),
    fault(.c, "read past the end of a mapped file", "truncated", "SIGBUS at 0x", SIGBUS, "SIGBUS"),
    fault(.c, "`abort`", "abort", "SIGABRT", SIGABRT, "SIGABRT"),
    Row(
      .c, "division by zero", "divide", traps: .contained("SIGFPE"), all: .contained("SIGFPE"),
      off: .fatal(SIGFPE)),
    Row(
      .c, "`__builtin_trap`", "trap", traps: .contained("SIGILL"), all: .contained("SIGILL"),
      off: .fatal(SIGILL)),
    fault(.c, "double free", "double-free", "free(): double free detected", SIGABRT, "SIGABRT"),
    fault(.c, "free of what is not a block", "heap", "free(): invalid", SIGABRT, "SIGABRT"),
    fault(.c, "stack overflow", "recursion", "the stack is used up", SIGSEGV, "SIGSEGV"),
    fault(
      .c, "`longjmp` into a function that has returned", "longjmp",
      "longjmp causes uninitialized stack frame", SIGABRT, "SIGABRT"),
    fault(.c, "`raise(SIGSEGV)`", "raise", "SIGSEGV", SIGSEGV, "SIGSEGV"),
    always(.c, "`exit`", "exit", "it called exit(7)", .exits(7)),
    always(.c, "error that is returned", "error", "", .fails),

    Row(
      .cPlusPlus, "exception that is not caught", "throw", "std::runtime_error",
      traps: .contained("SIGABRT"), all: .contained("SIGABRT"), off: .fatal(SIGABRT)),
    Row(
      .cPlusPlus, "exception through a callback", "callback", "std::runtime_error",
      traps: .contained("SIGABRT"), all: .contained("SIGABRT"), off: .fatal(SIGABRT)),
    fault(
      .cPlusPlus, "`std::terminate`", "terminate", "std::terminate was called", SIGABRT, "SIGABRT"),
    fault(.cPlusPlus, "pure virtual call", "pure", "a pure virtual function", SIGABRT, "SIGABRT"),
  ]
}
