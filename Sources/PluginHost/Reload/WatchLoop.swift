import Glibc
import HostSupport

/// What the watcher's thread does: waits, notes events, and finds what has come to rest.
struct WatchLoop: Sendable {
  let queue: WatchQueue
  /// Nanoseconds.
  let quiet: UInt64
  var snapshot: FolderSnapshot
  private var hasFolder = true

  /// How long to wait before looking again whether a missing folder is back, in nanoseconds.
  private static let patience: UInt64 = 200_000_000

  init(queue: WatchQueue, quiet: UInt64, snapshot: FolderSnapshot) {
    self.queue = queue
    self.quiet = quiet
    self.snapshot = snapshot
    hasFolder = queue.watch()
  }

  /// Waits for the next thing to happen.
  ///
  /// - Returns: What has come to rest, maybe nothing; `nil` when the watch is to end.
  mutating func next() -> [FolderChange]? {
    guard wait() else { return nil }
    for event in queue.take() { note(event) }
    if !hasFolder, queue.watch() {
      hasFolder = true
      snapshot.rescan(now: Deadline.now())
    }
    return snapshot.settle(now: Deadline.now(), quiet: quiet)
  }

  private mutating func note(_ event: WatchQueue.Event) {
    let now = Deadline.now()
    switch event {
    case .touched(let name): snapshot.touch(name, now: now)
    case .made(let name): snapshot.touchIfLinked(name, now: now)
    case .overflow: snapshot.rescan(now: now)
    case .folderGone:
      queue.unwatch()
      hasFolder = false
      snapshot.rescan(now: now)
    }
  }

  /// Sleeps until there is something to do.
  ///
  /// - Returns: Whether to go on.
  private func wait() -> Bool {
    var descriptors = [
      pollfd(fd: queue.descriptor.raw, events: Int16(POLLIN), revents: 0),
      pollfd(fd: queue.wake.raw, events: Int16(POLLIN), revents: 0),
    ]
    unsafe poll(&descriptors, 2, timeout())
    return descriptors[1].revents == 0
  }

  private func timeout() -> Int32 {
    let now = Deadline.now()
    var moments: [UInt64] = []
    if !hasFolder { moments.append(now &+ WatchLoop.patience) }
    if let moment = snapshot.nextMoment(quiet: quiet) { moments.append(moment) }
    guard let first = moments.min() else { return -1 }
    // Rounded up, so that the moment has come when the wait ends.
    return first <= now ? 1 : Int32(clamping: (first - now) / 1_000_000 + 1)
  }
}
