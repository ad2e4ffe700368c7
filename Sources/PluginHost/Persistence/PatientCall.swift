import HostSupport
import MetadataStore

/// Runs a call of a provider's on a thread of its own and waits only as long as it makes progress.
///
/// What a call shows comes through a gate, which is shut before the wait is given up: the thread that is left behind can reach
/// nothing of the caller's any more.
@safe final class PatientCall<Shown>: @unchecked Sendable {
  // Safe: `show` is touched under the lock of `count` only.
  private var show: ((Shown) -> Void)?
  private let count = Monitor(0)

  private init(_ show: @escaping (Shown) -> Void) { self.show = show }

  /// Shows something to the caller, unless it waits no more.
  func tell(_ shown: Shown) {
    count.withLock { count in
      count += 1
      show?(shown)
    }
  }

  private func shut() { count.withLock { _ in show = nil } }

  /// Runs a call.
  ///
  /// - Parameters:
  ///   - milliseconds: How long to wait between two things that it shows, and for its end.
  ///   - show: Takes what it shows, on the call's thread, while the caller waits.
  ///   - body: The call; it must hold nothing of the caller's but what it is given.
  /// - Returns: What it gave; `nil` when it was given up.
  /// - Throws: What it threw, or `.storage` when there is no thread for it.
  static func run<Value: Sendable>(
    milliseconds: Int, _ show: (Shown) -> Void,
    _ body: @escaping @Sendable (PatientCall) throws(MetadataError) -> Value
  ) throws(MetadataError) -> Value? {
    let outcome = withoutActuallyEscaping(show) { show -> Result<Value, MetadataError>? in
      let call = PatientCall(show)
      defer { call.shut() }
      return call.wait(milliseconds, body)
    }
    return try outcome?.get()
  }

  private func wait<Value: Sendable>(
    _ milliseconds: Int,
    _ body: @escaping @Sendable (PatientCall) throws(MetadataError) -> Value
  ) -> Result<Value, MetadataError>? {
    let outcome = Monitor<Result<Value, MetadataError>?>(nil)
    do throws(SystemError) {
      try Thread(name: "dvt-provider") { [self] in
        let result = Result { () throws(MetadataError) in try body(self) }
        outcome.update { $0 = result }
      }.detach()
    } catch {
      return .failure(.storage("cannot call a provider: \(error)"))
    }
    var seen = 0
    while true {
      if let result = outcome.wait(until: .after(milliseconds: milliseconds), { $0 }) {
        return result
      }
      let now = count.withLock { $0 }
      guard now != seen else { return nil }
      seen = now
    }
  }
}
