import HostSupport
import Synchronization

/// Builds indexes of large collections in the background, one after the other.
///
/// Threading: any thread.
final class IndexBuilder: Sendable {
  /// Collections of at most so many records are indexed at once.
  static let threshold = 20_000

  private struct State {
    var builds: [IndexBuild] = []
    var isStopped = false
    var thread: Thread?
  }

  private let state = Monitor(State())
  /// Whether there is anything to note changes for.
  private let hasBuilds = Atomic(false)

  /// What is being built.
  var progress: [IndexProgress] { state.withLock { $0.builds.map(\.progress) } }

  /// Notes what is changed meanwhile. Called by the writer.
  func note(_ changes: [MetadataChange]) {
    guard hasBuilds.load(ordering: .relaxed) else { return }
    let builds = state.withLock { $0.builds }
    for build in builds { for change in changes { build.note(change) } }
  }

  /// Begins to build an index, unless that is under way already. Called by the writer.
  ///
  /// - Parameters:
  ///   - build: What is to be built, of the present state.
  ///   - attach: Runs on the builder's thread with the index; has the writer finish and take it.
  /// - Throws: The system's error when it has no thread to give.
  func begin(
    _ build: IndexBuild, attach: @escaping @Sendable (IndexBuild, CollectionIndex) -> Void
  ) throws(SystemError) {
    if isBuilding(build.definition, of: build.collection) { return }
    let mustStart = state.update { state in
      state.builds.append(build)
      return state.thread == nil
    }
    hasBuilds.store(true, ordering: .relaxed)
    guard mustStart else { return }
    do throws(SystemError) {
      let thread = try Thread(name: "meta-index") { [self] in
        while let build = next() {
          if let index = build.build() { attach(build, index) }
          remove(build)
        }
      }
      state.withLock { $0.thread = thread }
    } catch {
      remove(build)
      throw error
    }
  }

  /// Whether an index is being built and still wanted.
  private func isBuilding(_ definition: IndexDefinition, of collection: String) -> Bool {
    state.withLock { state in
      state.builds.contains {
        $0.collection == collection && $0.definition == definition && !$0.isGivenUp
      }
    }
  }

  /// Ends the building of a collection's indexes that are no longer wanted.
  func cancel(_ collection: String, keeping wanted: [IndexDefinition]) {
    state.update { state in
      for build in state.builds
      where build.collection == collection && !wanted.contains(build.definition) {
        build.stop()
      }
    }
  }

  /// Waits until nothing is being built.
  ///
  /// - Returns: False when the deadline came first.
  func wait(until deadline: Deadline) -> Bool {
    state.wait(until: deadline) { $0.builds.isEmpty ? true : nil } ?? false
  }

  /// Gives up what is being built and ends the thread.
  func stop() {
    let thread = state.update { state -> Thread? in
      state.isStopped = true
      for build in state.builds { build.stop() }
      return state.thread.take()
    }
    thread?.joinUnlessCurrent()
  }

  private func next() -> IndexBuild? {
    state.wait(until: .never) { state -> IndexBuild?? in
      if state.isStopped { return .some(nil) }
      return state.builds.first.map { .some($0) }
    } ?? nil
  }

  private func remove(_ build: IndexBuild) {
    state.update { state in
      state.builds.removeAll { $0 === build }
      if state.builds.isEmpty { hasBuilds.store(false, ordering: .relaxed) }
    }
  }
}
