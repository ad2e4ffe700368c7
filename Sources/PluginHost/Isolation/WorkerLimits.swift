/// What a worker process of an isolated plugin may use: keys `isolation.limits.*` of the configuration.
///
/// Rlimits hold everywhere; a control group, where there is one, counts more exactly: all memory, and the worker's own threads.
public struct WorkerLimits: Sendable, Equatable {
  /// Bytes of memory, 0…1 TiB; 0 for any number.
  public var memory = 1 << 30
  /// Seconds of CPU time in a worker's whole life, 0…; 0 for any. Then it ends by SIGXCPU.
  public var cpuSeconds = 0
  /// Percent of one core, 0…100,000; 0 for all there is. Only a control group can hold it.
  public var cpuPercent = 0
  /// Threads, 0…100,000; 0 for any number. Without a control group the threads of all that runs on the machine are added, because
  /// the kernel counts those of a user together; root has no such limit.
  public var threads = 256
  /// Open files, 0…1,048,576; 0 for as many as the host may open.
  public var files = 1_024
  /// Bytes of one file or shared memory that it writes, 0…1 TiB; 0 for any number.
  public var fileBytes = 0

  /// The defaults.
  public init() {}

  /// The limits as rules of a sandbox.
  var rules: [String] {
    var rules: [String] = []
    if memory > 0 {
      rules.append("limit data \(memory)")
      // Memory that is shared counts here only, and so do reserved addresses, which cost nothing: stacks and heaps of threads.
      rules.append("limit address-space \(2 * memory + (2 << 30) + threads * (8 << 20))")
    }
    if cpuSeconds > 0 { rules.append("limit cpu \(cpuSeconds)") }
    if threads > 0 { rules.append("limit threads \(threads)") }
    if files > 0 { rules.append("limit files \(files)") }
    if fileBytes > 0 { rules.append("limit file-size \(fileBytes)") }
    return rules
  }
}
