public import HostSupport
import Synchronization

/// Copies plugins into the state directory, hashing while copying, so that the user's file is never mapped.
///
/// A plugin without libraries of its own becomes one file, `ID@GENERATION-N.so`; one that brings libraries becomes a
/// folder of that name, with everything in it at its place relative to the plugin (`$ORIGIN`).
///
/// Threading: every method may be called from any thread.
public struct Stager: Sendable {
  /// The most libraries that one plugin may bring.
  public static let maximumLibraries = 64
  /// The most bytes that one plugin and its libraries may have.
  public static let maximumBytes = 1 << 30

  /// Which file is being inspected.
  public struct Subject: Sendable, Equatable {
    /// The user's file, for messages.
    public let source: String
    /// Whether it is a library that a plugin brings, not the plugin itself.
    public let isLibrary: Bool
    /// The hash of its bytes.
    public let digest: SHA256Digest
    /// Its bytes.
    public let size: Int
    /// What the system said of the file that was opened, before its bytes were read.
    public let status: FileStatus
  }

  /// Reads the facts of a staged file, borrowed and open for reading; throws `rejected` when it must not be mapped.
  ///
  /// It runs on several threads at once.
  public typealias Inspection =
    @Sendable (borrowing FileDescriptor, Subject) throws(StagingError) -> LoadFacts

  /// Says what speaks for a plugin once all of it is staged; throws `rejected` when it must not be mapped.
  ///
  /// It runs on several threads at once.
  public typealias Approval = @Sendable (StagedImage) throws(StagingError) -> StagedImage

  let state: StateDirectory
  let inspection: Inspection
  let approval: Approval

  /// Takes where to stage, how to inspect, and who approves.
  public init(
    state: StateDirectory,
    approval: @escaping Approval = { (image) throws(StagingError) in image },
    inspection: @escaping Inspection
  ) {
    self.state = state
    self.approval = approval
    self.inspection = inspection
  }

  /// Stages one plugin.
  ///
  /// - Parameter request: What to stage.
  /// - Returns: The copy.
  /// - Throws: Why it could not be staged; nothing of it is left then.
  public func stage(_ request: StagingRequest) throws(StagingError) -> StagedImage {
    let worker = StagingWorker(self)
    return try worker.stage([request])[0].get()
  }

  /// Stages many plugins on several threads, eight files at a time on each.
  ///
  /// - Parameters:
  ///   - requests: What to stage.
  ///   - threads: How many threads work, the calling one among them, 1….
  /// - Returns: For each request, in order, the copy or why there is none.
  public func stageAll(
    _ requests: [StagingRequest], threads: Int = 2
  ) -> [Result<StagedImage, StagingError>] {
    let groups = stride(from: 0, to: requests.count, by: StagingWorker.lanes).map {
      $0..<min($0 + StagingWorker.lanes, requests.count)
    }
    let work = StagingWork(groups: groups)
    let helpers = (1..<max(1, min(threads, groups.count))).compactMap { number in
      try? Thread(name: "stage-\(number)") { run(work, requests) }
    }
    run(work, requests)
    for helper in helpers { helper.join() }
    return work.results.withLock { $0.sorted { $0.key < $1.key }.flatMap(\.value) }
  }

  private func run(_ work: StagingWork, _ requests: [StagingRequest]) {
    let worker = StagingWorker(self)
    while let group = work.next() {
      let staged = worker.stage(Array(requests[group]))
      work.results.withLock { $0[group.lowerBound] = staged }
    }
  }

  /// Removes a copy. What is mapped of it stays usable.
  ///
  /// - Throws: The system's error.
  public func remove(_ image: StagedImage) throws(SystemError) {
    try state.staging.removeTree(image.entry)
  }
}

/// The groups of requests that the threads of one `stageAll` share.
private final class StagingWork: Sendable {
  private let groups: [Range<Int>]
  private let taken = Atomic<Int>(0)
  let results = Mutex<[Int: [Result<StagedImage, StagingError>]]>([:])

  init(groups: [Range<Int>]) {
    self.groups = groups
  }

  func next() -> Range<Int>? {
    let index = taken.wrappingAdd(1, ordering: .relaxed).oldValue
    return index < groups.count ? groups[index] : nil
  }
}
