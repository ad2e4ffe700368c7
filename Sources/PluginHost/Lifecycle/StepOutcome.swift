import CDovetail
import EventBus

/// What came of one step of a plugin's life.
enum StepOutcome: Sendable, Equatable {
  /// It succeeded.
  case done
  /// It was not tried: something that it needs failed.
  case skipped
  /// The plugin, or the host on its behalf, reported an error.
  case failed(String)
  /// Plugin code crashed and was contained.
  case crashed(ContainedCrash)
  /// It did not return within so many milliseconds; its thread is abandoned.
  case hung(milliseconds: Int)

  var isDone: Bool { self == .done }

  /// The failure in prose, `nil` when there is none.
  var failure: String? {
    switch self {
    case .done, .skipped: nil
    case .failed(let message): message
    case .crashed(let crash):
      "crashed (\(crash.signal)) and was contained"
        + (crash.message.isEmpty ? "" : ": \(crash.message)")
    case .hung(let milliseconds): "has not returned within \(milliseconds) ms"
    }
  }

  /// Whether the generation's code must not be called any more.
  var taints: Bool {
    switch self {
    case .crashed, .hung: true
    default: false
    }
  }

  /// The outcome of a call, with what the plugin reported to its error sink. Runs on the thread of the call.
  init(_ result: CallResult) {
    let report = ErrorCollector.ofThread?.take()
    switch result.failure {
    case .crashed: self = .crashed(ContainedCrash(signal: result.fault))
    case .some(let failure): self = .failed(ErrorReport(failure, "the call").message)
    case nil where result.code == DVT_OK: self = .done
    case nil:
      self = .failed(
        report?.message ?? "failed with code \(CodeName.of(result.code)) and no message")
    }
  }
}
