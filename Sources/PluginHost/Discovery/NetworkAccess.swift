/// What of the network a plugin may use when it is isolated.
public struct NetworkAccess: Sendable, Equatable {
  /// Ports of TCP.
  public enum Ports: Sendable, Equatable {
    /// All of them.
    case any
    /// These, 1…65,535 each; at most 64; none when empty.
    case only([UInt16])

    /// Whether it is no port at all.
    var isNone: Bool { self == .only([]) }
  }

  /// Ports, on any machine, that it may connect to.
  public var connect = Ports.only([])
  /// Ports on which it may accept connections.
  public var listen = Ports.only([])
  /// Whether it may send and receive datagrams; the kernel does not tell their ports apart.
  public var udp = false
  /// Whether it may use unix sockets; the kernel does not tell their paths apart.
  public var unix = false

  /// Nothing.
  public static let none = NetworkAccess()
  /// What `"network": true` means: all of TCP and UDP, but no unix sockets.
  public static let all = NetworkAccess(connect: .any, listen: .any, udp: true)

  /// Whether it may reach other machines.
  var reachesOut: Bool { !connect.isNone || udp }
}
