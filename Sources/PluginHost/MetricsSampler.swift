import HostSupport
import MetadataStore

/// Hands the host's figures to the store's provider every so often, where it keeps a history of them.
///
/// Threading: any thread. It works on a thread of its own, off every writer's path: a plugin that does not answer, or a provider
/// that is slow, holds up the next sample and nothing else.
final class MetricsSampler: Sendable {
  private struct State {
    var isStopped = false
    var isBusy = false
    /// Counts changes of the settings.
    var changes = 0
    var failure: String?
  }

  private let seat: StoreSeat
  private let log: LogWriter
  private let seconds: @Sendable () -> Int
  private let collect: @Sendable () -> [MetricReport]
  private let state = Monitor(State())

  /// Makes a sampler; `start` lets it begin.
  ///
  /// - Parameters:
  ///   - seat: Of the store.
  ///   - log: Where failures go.
  ///   - seconds: How long to wait between two samples, as it is set now; 0 for ever.
  ///   - collect: Gathers the figures.
  init(
    seat: StoreSeat, log: LogWriter, seconds: @escaping @Sendable () -> Int,
    collect: @escaping @Sendable () -> [MetricReport]
  ) {
    self.seat = seat
    self.log = log
    self.seconds = seconds
    self.collect = collect
  }

  /// Starts the thread.
  ///
  /// - Throws: The system's error when it has none to give.
  func start() throws(SystemError) {
    try Thread(name: "dvt-figures") { [self] in
      while pause() {
        sample()
        state.update { $0.isBusy = false }
      }
    }.detach()
  }

  /// Takes note that the settings may have changed.
  func poke() { state.update { $0.changes += 1 } }

  /// Ends the thread, and waits for the sample that it takes now.
  func stop(until deadline: Deadline) {
    state.update { $0.isStopped = true }
    let ended: Bool? = state.wait(until: deadline) { $0.isBusy ? nil : true }
    if ended == nil {
      log.log(.warning, "metrics", "the last sample of the figures has not ended; it is abandoned")
    }
  }

  /// Waits until a sample is due.
  ///
  /// - Returns: False when there will be no more.
  private func pause() -> Bool {
    let began = Deadline.now()
    while true {
      let seen = state.withLock { $0.changes }
      let interval = UInt64(max(0, seconds()))
      let due =
        interval == 0 ? Deadline.never : Deadline(nanoseconds: began + interval * 1_000_000_000)
      let isChanged: Bool? = state.wait(until: due) { state in
        state.isStopped || state.changes != seen ? true : nil
      }
      let goesOn: Bool? = state.withLock { state in
        if state.isStopped { return false }
        state.isBusy = isChanged == nil
        return state.isBusy ? true : nil
      }
      if let goesOn { return goesOn }
    }
  }

  /// Takes one sample of everything, all of the same moment.
  private func sample() {
    guard let keeper = seat.keeper, keeper.keepsMetrics else { return }
    let time = LogTime.now()
    // What is no number has no place in a table of numbers.
    let samples = collect().filter(\.value.isFinite).map {
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
      log.log(.warning, "metrics", "the figures of this moment are not kept: \(failure)")
    }
  }
}
