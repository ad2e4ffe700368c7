package import CDovetail
import Glibc

/// The last resort for a step of a task that the host does not take.
package enum LooseThread {
  /// Runs a job on a new thread, or at once when there is no thread to be had. The corresponding C function is `pthread_create`.
  package static func run(_ job: @escaping dvt_job, _ context: UnsafeMutableRawPointer) {
    let work = unsafe Unmanaged.passRetained(Work(job, context))
    var thread = pthread_t()
    let code = unsafe pthread_create(
      &thread, nil,
      { pointer in
        guard let pointer = unsafe pointer else { return nil }
        unsafe Unmanaged<Work>.fromOpaque(pointer).takeRetainedValue().run()
        return nil
      }, unsafe work.toOpaque())
    if code == 0 {
      pthread_detach(thread)
    } else {
      unsafe work.takeRetainedValue().run()
    }
  }

  @safe private final class Work: @unchecked Sendable {
    // Safe: used once, by the thread that takes the work.
    private let job: dvt_job
    private let context: UnsafeMutableRawPointer

    init(_ job: @escaping dvt_job, _ context: UnsafeMutableRawPointer) {
      unsafe self.job = unsafe job
      unsafe self.context = unsafe context
    }

    func run() { unsafe job(context) }
  }
}
