/// What a supervised host tells its supervisor: an `sd_notify` message, or something beyond that protocol.
enum HostMessage: Equatable {
  /// It serves.
  case ready
  /// It is ending, because it was asked to.
  case stopping
  /// It makes progress.
  case alive
  /// It does not, and why.
  case stuck(String)
  /// It has ended by itself and will now exit; whatever exits without having said so has died.
  case ended(ExitCode)
  /// The host before died of this build, which is quarantined now.
  case blamed(String)
  /// Something for the service manager.
  case other

  /// Reads a message.
  init(_ text: String) {
    func rest(of name: String) -> String? {
      text.hasPrefix(name) ? String(text.dropFirst(name.count)) : nil
    }
    if rest(of: "READY=1") != nil {
      self = .ready
    } else if text == "STOPPING=1" {
      self = .stopping
    } else if text == "WATCHDOG=1" {
      self = .alive
    } else if let reason = rest(of: "X_DOVETAIL_STUCK=") {
      self = .stuck(reason)
    } else if let code = rest(of: "X_DOVETAIL_ENDED=").flatMap({ Int32($0) }) {
      self = .ended(ExitCode(rawValue: code) ?? .failed)
    } else if let build = rest(of: "X_DOVETAIL_BLAMED=") {
      self = .blamed(build)
    } else {
      self = .other
    }
  }

  /// The message.
  var text: String {
    switch self {
    case .ready: "READY=1"
    case .stopping: "STOPPING=1"
    case .alive: "WATCHDOG=1"
    case .stuck(let reason): "X_DOVETAIL_STUCK=\(reason)"
    case .ended(let code): "X_DOVETAIL_ENDED=\(code.rawValue)"
    case .blamed(let build): "X_DOVETAIL_BLAMED=\(build)"
    case .other: ""
    }
  }
}
