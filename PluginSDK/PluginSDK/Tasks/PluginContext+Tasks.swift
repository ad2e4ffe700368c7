extension PluginContext {
  /// Runs async code on threads of the host.
  ///
  /// The task is held between `quiesce()` and `resume()`, and cancelled and awaited before `stop()`. An error it throws is logged.
  ///
  /// - Parameter operation: Ends soon after its task is cancelled; the plugin's stop waits for it.
  public func task(_ operation: @escaping @Sendable () async throws -> Void) {
    let log = self.log
    runner.start {
      do {
        try await operation()
      } catch is CancellationError {
      } catch {
        log.error("a task failed: \(PluginError(reporting: error))")
      }
    }
  }

  /// An executor on threads of the host, for `withTaskExecutorPreference`.
  public var executor: any TaskExecutor { runner }

  private var runner: TaskRunner {
    let link = self.link
    guard let runner = background(orMake: { TaskRunner(link) }) as? TaskRunner else {
      preconditionFailure("background work is always a TaskRunner here")
    }
    return runner
  }
}
