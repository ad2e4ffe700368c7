import FoundationEssentials

/// Where a host keeps its state and listens: from flags, then environment, then defaults.
public struct HostLocation: Sendable, Equatable {
  /// The host's name.
  public let name: String
  /// Its state directory, an absolute path.
  public let stateDirectory: String
  /// Its control socket, an absolute path.
  public let socket: String
  /// Whether a flag or the environment named the state directory or the host; a configuration may name them otherwise.
  public let isChosen: Bool
  /// Whether a flag or the environment named the socket.
  public let hasOwnSocket: Bool

  /// Finds a host's places.
  ///
  /// - Parameters:
  ///   - name: `--name`; letters, digits, ".", "_" and "-".
  ///   - state: `--state`.
  ///   - socket: `--socket`.
  ///   - environment: For `DOVETAIL_NAME`, `DOVETAIL_STATE`, `DOVETAIL_SOCKET`, `XDG_STATE_HOME` and `HOME`.
  ///   - workingDirectory: What relative paths are relative to.
  /// - Throws: A usage failure when a name is malformed or there is no home.
  public init(
    name: String?, state: String?, socket: String?, environment: [String: String],
    workingDirectory: String
  ) throws(CommandFailure) {
    func set(_ variable: String) -> String? {
      environment[variable].flatMap { $0.isEmpty ? nil : $0 }
    }
    func absolute(_ path: String) -> String {
      path.hasPrefix("/") ? path : "\(workingDirectory)/\(path)"
    }
    let chosen = name ?? set("DOVETAIL_NAME") ?? "default"
    try HostLocation.check(chosen)
    self.name = chosen
    let givenState = state ?? (name == nil ? set("DOVETAIL_STATE") : nil)
    isChosen = givenState != nil || name != nil || set("DOVETAIL_NAME") != nil
    if let givenState {
      stateDirectory = absolute(givenState)
    } else if let base = set("XDG_STATE_HOME"), base.hasPrefix("/") {
      stateDirectory = "\(base)/dovetail/\(chosen)"
    } else if let home = set("HOME") {
      stateDirectory = "\(absolute(home))/.local/state/dovetail/\(chosen)"
    } else {
      throw .usage(
        "neither XDG_STATE_HOME nor HOME is set, so there is no default state directory",
        advice: "name one with --state DIR")
    }
    let givenSocket = socket ?? (name == nil && state == nil ? set("DOVETAIL_SOCKET") : nil)
    hasOwnSocket = givenSocket != nil
    self.socket = givenSocket.map(absolute) ?? "\(stateDirectory)/control.sock"
  }

  private static func check(_ name: String) throws(CommandFailure) {
    let allowed = name.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"),
        UInt8(ascii: "-"):
        true
      default: false
      }
    }
    guard allowed, !name.isEmpty, name != ".", name != ".." else {
      throw .usage(
        "\"\(Printable.clean(name))\" is no name for a host",
        advice: "use letters, digits, \".\", \"_\" and \"-\"")
    }
  }
}
