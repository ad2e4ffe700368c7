import HostSupport

/// Why a worker could not be started.
enum WorkerError: Error, CustomStringConvertible {
  /// The executable is not there.
  case noProgram([String])
  /// The system refused.
  case system(SystemError)

  /// What happened, and the next step.
  var description: String {
    switch self {
    case .noProgram(let places):
      "\(WorkerProgram.name) is not there (looked for \(places.joined(separator: " and "))); "
        + "install it beside dovetail, or name it in isolation.worker"
    case .system(let error): "its worker could not be started: \(error)"
    }
  }
}
