extension CrashReport {
  /// Reports the end of a worker.
  init(of build: PluginBuild?, _ end: WorkerEnd) {
    self.init(of: build, .worker, cause: "its worker \(end.cause)")
    switch end.exit {
    case .signal(let number): signal = SignalName.of(number)
    case .status(let status): exitStatus = Int(status)
    }
    if !end.operation.isEmpty {
      place = end.operation + (end.subject.isEmpty ? "" : " '\(end.subject)'")
    }
    switch end.operation {
    case "handler": topic = end.subject
    case "service": service = end.subject
    default: phase = end.operation.isEmpty ? nil : end.operation
    }
    address = end.address.map { "0x" + String($0, radix: 16) }
    if !end.lastWords.isEmpty { message = end.lastWords }
    backtrace = end.trace
  }
}
