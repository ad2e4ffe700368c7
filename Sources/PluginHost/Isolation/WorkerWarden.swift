import CHostSupport
import Glibc
import HostSupport

/// The thread that starts all workers, hears what they say and sees them end.
///
/// It is one thread as long as the host lives: the system tells a worker of the death of the thread that started it.
/// Threading: any thread.
final class WorkerWarden: Sendable {
  /// A process to be started, and who is told of it.
  struct Order: Sendable {
    let path: String
    let arguments: [String]
    let environment: [String]
    /// Become 3, 4, … in the process; the caller's.
    let descriptors: [Int32]
  }

  /// A process that was started.
  struct Started: Sendable {
    let pid: Int32
    /// Its descriptor, of use until the listener has been told of the end.
    let process: Int32
  }

  /// Who is told of a process. Called on the warden's thread.
  protocol Listener: AnyObject, Sendable {
    /// It wrote something.
    func said(_ bytes: [UInt8])
    /// It ended.
    func ended(_ exit: WorkerEnd.Exit)
  }

  private struct Watched {
    let process: Int32
    var output: Int32
    let listener: any Listener
  }

  private typealias Job = @Sendable (inout [Watched]) -> Void

  private struct State {
    var jobs: [Job] = []
    var isRunning = false
  }

  private let state = Monitor(State())
  private let bell: FileDescriptor
  private let rope: FileDescriptor

  init() throws(SystemError) {
    var ends: [Int32] = [-1, -1]
    guard unsafe hs_process_pipe(&ends) == 0 else { throw SystemError("pipe2") }
    bell = FileDescriptor(owning: ends[0])
    rope = FileDescriptor(owning: ends[1])
  }

  /// Starts a process and waits until it runs.
  ///
  /// - Parameters:
  ///   - order: What to start.
  ///   - listener: Told of what it says and of its end.
  /// - Returns: The process.
  /// - Throws: The system's error.
  func start(_ order: Order, _ listener: any Listener) throws(SystemError) -> Started {
    let outcome = Monitor<Result<Started, SystemError>?>(nil)
    try submit { watched in
      let result = Result { () throws(SystemError) in try Self.spawn(order) }
      let started = result.map { started, output in
        watched.append(Watched(process: started.process, output: output, listener: listener))
        return started
      }
      outcome.update { $0 = started }
    }
    let result = outcome.wait(until: .never) { $0 }
    guard let result else { throw SystemError("posix_spawn", order.path, code: EAGAIN) }
    return try result.get()
  }

  private func submit(_ job: @escaping Job) throws(SystemError) {
    let starts = state.update { state in
      state.jobs.append(job)
      defer { state.isRunning = true }
      return !state.isRunning
    }
    if starts { try Thread(name: "dvt-warden") { [self] in run() }.detach() }
    var one: UInt8 = 1
    _ = unsafe write(rope.raw, &one, 1)
  }

  private static func spawn(_ order: Order) throws(SystemError) -> (Started, output: Int32) {
    var ends: [Int32] = [-1, -1]
    guard unsafe hs_process_pipe(&ends) == 0 else { throw SystemError("pipe2") }
    let output = FileDescriptor(owning: ends[0])
    let theirs = FileDescriptor(owning: ends[1])
    var pid: Int32 = 0
    let process = unsafe withCStrings(order.arguments) { arguments in
      unsafe withCStrings(order.environment) { environment in
        unsafe order.descriptors.withUnsafeBufferPointer { descriptors in
          unsafe order.path.withCString { path in
            var plan = unsafe hs_process_plan(
              path: path, arguments: arguments, environment: environment, output: theirs.raw,
              descriptors: descriptors.baseAddress, descriptor_count: UInt32(descriptors.count))
            return unsafe hs_process_start(&plan, &pid)
          }
        }
      }
    }
    guard process >= 0 else { throw SystemError("posix_spawn", order.path) }
    return (Started(pid: pid, process: process), output.release())
  }

  private static func withCStrings<Result>(
    _ texts: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>?) -> Result
  ) -> Result {
    var pointers = unsafe texts.map { unsafe strdup($0) } + [nil]
    defer { unsafe pointers.forEach { unsafe free($0) } }
    return unsafe pointers.withUnsafeMutableBufferPointer { buffer in
      unsafe body(UnsafePointer(buffer.baseAddress))
    }
  }

  // MARK: Watching

  private func run() {
    var watched: [Watched] = []
    while true {
      let jobs = state.withLock { state in
        defer { state.jobs = [] }
        return state.jobs
      }
      for job in jobs { job(&watched) }
      var waits = [pollfd(fd: bell.raw, events: Int16(POLLIN), revents: 0)]
      for each in watched {
        waits.append(pollfd(fd: each.process, events: Int16(POLLIN), revents: 0))
        waits.append(pollfd(fd: each.output, events: Int16(POLLIN), revents: 0))
      }
      _ = unsafe poll(&waits, nfds_t(waits.count), -1)
      var rings = [UInt8](repeating: 0, count: 64)
      _ = unsafe read(bell.raw, &rings, rings.count)
      look(at: waits, &watched)
    }
  }

  private func look(at waits: [pollfd], _ watched: inout [Watched]) {
    for index in watched.indices {
      if waits[2 + 2 * index].revents != 0 { hear(&watched[index]) }
    }
    for index in watched.indices.reversed() where waits[1 + 2 * index].revents != 0 {
      var (signal, status): (Int32, Int32) = (0, 0)
      guard unsafe hs_process_ended(watched[index].process, &signal, &status) != 0 else { continue }
      hear(&watched[index])
      let ended = watched.remove(at: index)
      if ended.output >= 0 { close(ended.output) }
      ended.listener.ended(signal == 0 ? .status(status) : .signal(signal))
      // Takes the system a while, for which nobody need wait.
      sched_yield()
      hs_process_bury(ended.process)
    }
  }

  /// Reads what was written so far, but no more than a pipe holds: who writes without end must not keep the others waiting.
  private func hear(_ watched: inout Watched) {
    var bytes = [UInt8](repeating: 0, count: 4096)
    for _ in 0..<16 where watched.output >= 0 {
      let count = unsafe read(watched.output, &bytes, bytes.count)
      if count > 0 {
        watched.listener.said(Array(bytes.prefix(count)))
        continue
      }
      if count < 0 && errno == EINTR { continue }
      // Without a writer it would be found ready for ever.
      if count == 0 {
        close(watched.output)
        watched.output = -1
      }
      return
    }
  }
}
