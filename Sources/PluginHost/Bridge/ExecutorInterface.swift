import CDovetail
import EventBus

/// `dovetail.executor/1`.
@safe enum ExecutorInterface {
  nonisolated(unsafe) static let table = unsafe HostTable.eternal(
    dvt_executor(
      struct_size: UInt32(MemoryLayout<dvt_executor>.size), abi_major: UInt16(DVT_ABI_MAJOR),
      abi_minor: UInt16(DVT_ABI_MINOR),
      submit: { host, job, context in
        unsafe ABIEntry.call(host, nil) { instance throws(ErrorReport) in
          guard let job = unsafe job else { throw ErrorReport(DVT_INVALID, "the job is NULL") }
          guard instance.beginJob() else {
            instance.core.losses.note(.jobRefused, instance.id)
            throw ErrorReport(
              DVT_FULL, "65536 jobs of \(instance.owner) wait already", retryable: true)
          }
          let work = unsafe Work(job: job, context: context)
          instance.core.bus.workers.submit { run(work, instance) }
          return DVT_OK
        }
      }))

  @safe private struct Work: @unchecked Sendable {
    // Safe: the plugin keeps `context` valid until the job has run.
    let job: dvt_job
    let context: UnsafeMutableRawPointer?
  }

  /// Runs a job; answers whether it crashed.
  private static func run(_ work: Work, _ instance: PluginInstance) -> Bool {
    let result = unsafe PluginCall.run(instance.jobs) { _ in
      unsafe work.job(work.context)
      return 0
    }
    instance.endJob()
    guard result.failure == .crashed else { return false }
    instance.core.onCrash(instance, result.fault, "a job of its executor")
    return true
  }
}
