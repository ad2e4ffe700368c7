import HostSupport
import MetadataStore

/// Hands the store's provider what is no record: what the host is configured with, and its figures every so often.
///
/// Threading: any thread. It works on a thread of its own, off every writer's path: a plugin that does not answer, or a provider
/// that is slow, holds up the next entry and nothing else.
final class HostChronicle: Sendable {
  /// What is asked of the host.
  struct Source: Sendable {
    /// How many seconds to wait between two samples, as it is set now; 0 for ever.
    var seconds: @Sendable () -> Int
    /// What the host is configured with.
    var run: @Sendable () -> SessionReport.Run?
    /// The figures.
    var figures: @Sendable () -> [MetricReport]
  }

  private enum Entry {
    case session
    case figures
  }

  private struct State {
    var isStopped = false
    var isBusy = false
    /// Whether what the host is configured with is not kept yet.
    var owesSession = true
    /// What went wrong last.
    var failure: String?
  }

  private let seat: StoreSeat
  private let log: LogWriter
  private let state = Monitor(State())

  /// Makes it; `start` lets it begin.
  ///
  /// - Parameters:
  ///   - seat: Of the store.
  ///   - log: Where failures go.
  init(seat: StoreSeat, log: LogWriter) {
    self.seat = seat
    self.log = log
  }

  /// Starts the thread.
  ///
  /// - Throws: The system's error when it has none to give.
  func start(_ source: Source) throws(SystemError) {
    try Thread(name: "dvt-chronicle") { [self] in
      while let entry = next(source) {
        switch entry {
        case .session: keepSession(source)
        case .figures: keepFigures(source)
        }
        state.update { $0.isBusy = false }
      }
    }.detach()
  }

  /// Takes note that the store is there, or that the settings changed.
  func poke() {
    state.update { $0.owesSession = true }
  }

  /// Ends the thread, and waits for what it does now.
  func stop(until deadline: Deadline) {
    state.update { $0.isStopped = true }
    let ended: Bool? = state.wait(until: deadline) { $0.isBusy ? nil : true }
    if ended == nil {
      log.log(.warning, "chronicle", "the provider has not taken the last entry; it is abandoned")
    }
  }

  /// Waits until something is due.
  ///
  /// - Returns: What; `nil` when there will be nothing more.
  private func next(_ source: Source) -> Entry? {
    let interval = UInt64(max(0, source.seconds()))
    let due =
      interval == 0
      ? Deadline.never : Deadline(nanoseconds: Deadline.now() + interval * 1_000_000_000)
    let entry: Entry?? = state.wait(until: due) { state -> Entry?? in
      if state.isStopped { return .some(nil) }
      guard state.owesSession else { return nil }
      state.owesSession = false
      state.isBusy = true
      return .session
    }
    if let entry { return entry }
    return state.withLock { state in
      state.isBusy = !state.isStopped
      return state.isBusy ? .figures : nil
    }
  }

  private func keepSession(_ source: Source) {
    guard let keeper = seat.keeper, let run = source.run() else { return }
    do throws(MetadataError) {
      try SessionReport.keep(run, with: keeper)
    } catch {
      log.log(
        .warning, "chronicle", "what the host is configured with cannot be kept: \(error)")
    }
  }

  /// Takes one sample of everything, all of the same moment.
  private func keepFigures(_ source: Source) {
    guard let keeper = seat.keeper, keeper.keepsMetrics else { return }
    let time = LogTime.now()
    // What is no number has no place in a table of numbers.
    let samples = source.figures().filter(\.value.isFinite).map {
      MetricSample(name: $0.series, time: time, value: $0.value)
    }
    var failure: String?
    do throws(MetadataError) { _ = try keeper.saveMetrics(samples) } catch {
      failure = error.description
    }
    let isNews = state.withLock { state in
      defer { state.failure = failure }
      return failure != nil && failure != state.failure
    }
    if isNews, let failure {
      log.log(.warning, "chronicle", "the figures of this moment are not kept: \(failure)")
    }
  }
}
