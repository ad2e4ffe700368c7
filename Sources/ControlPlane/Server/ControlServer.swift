import CHostSupport
import Glibc
public import HostSupport
public import PluginHost
import Synchronization

/// Serves a host's control socket: JSON-RPC 2.0, one message a line, as PROTOCOL.md describes it.
///
/// Threading: all methods may be called from any thread. Each connection has a thread of its own, so that a slow or hostile
/// client holds up nobody else.
public final class ControlServer: Sendable {
  private struct State {
    var connections: [Int: ControlConnection] = [:]
    var next = 0
    var stopping = false
  }

  /// The socket's path.
  public let path: String
  private let host: any HostControl
  private let limits: ControlLimits
  private let log: LogWriter?
  private let file: Mutex<SocketFile?>
  private let state = Monitor(State())
  private let acceptor = Monitor<Thread?>(nil)

  /// Makes the socket and listens; clients are served from `start` on.
  ///
  /// - Parameters:
  ///   - path: The socket's path. Its directory is made (0700) when it is missing; a socket that nobody serves is replaced.
  ///   - host: Who answers.
  ///   - limits: What a client may take.
  ///   - log: Where refused clients are named.
  /// - Throws: `exists` when another host serves the path, `refused` when its directory is not safe, `failed` otherwise.
  public init(
    path: String, host: any HostControl, limits: ControlLimits = ControlLimits(),
    log: LogWriter? = nil
  ) throws(OperationError) {
    self.path = path
    self.host = host
    self.limits = limits
    self.log = log
    file = Mutex(try SocketFile(path))
  }

  /// Begins to serve; call it once.
  ///
  /// - Throws: `failed` when the system has no thread to give.
  public func start() throws(OperationError) {
    do {
      let thread = try Thread(name: "control") { [self] in accept() }
      acceptor.update { $0 = thread }
    } catch {
      throw OperationError(.failed, error.description)
    }
  }

  /// Stops serving: no new clients, no new requests; a request that is being answered gets its reply until the deadline.
  ///
  /// - Parameter deadline: When connections are cut.
  public func stop(deadline: Deadline) {
    let open = state.update { state in
      state.stopping = true
      return Array(state.connections.values)
    }
    file.withLock { $0 }?.endAccept()
    acceptor.update { thread in
      let taken = thread
      thread = nil
      return taken
    }?.join()
    // Closing the socket sends away who connected but was not accepted yet.
    file.withLock { file in
      let last = file
      file = nil
      return last
    }?.remove()
    for connection in open { connection.channel.shutDown(both: false) }
    let drained: Bool? = state.wait(until: deadline) { $0.connections.isEmpty ? true : nil }
    guard drained == nil else { return }
    for connection in state.withLock({ Array($0.connections.values) }) {
      connection.channel.shutDown(both: true)
    }
  }

  /// Whether no client is connected.
  public var isIdle: Bool { state.withLock { $0.connections.isEmpty } }

  private func accept() {
    guard let file = file.withLock({ $0 }) else { return }
    while !state.withLock({ $0.stopping }) {
      let raw = hs_accept(file.descriptor)
      if raw >= 0 {
        admit(FileDescriptor(owning: raw))
      } else if errno == EMFILE || errno == ENFILE {
        log?.log(.warning, "control", "no file descriptor left for a client: raise `ulimit -n`")
        _ = poll(nil, 0, 100)
      }
    }
  }

  private func admit(_ socket: consuming FileDescriptor) {
    let refusal = PeerCredentials.refusal(of: socket.raw)
    let connection = ControlConnection(socket, host: host, limits: limits)
    if let refusal {
      log?.log(.warning, "control", refusal)
      return reject(connection, .notPermitted(refusal))
    }
    guard let number = register(connection) else {
      // Who comes as the host ends finds a connection that ends.
      if state.withLock({ $0.stopping }) { return }
      let reason = "the host serves \(limits.connections) clients already: try again later"
      return reject(connection, .tooMany(reason))
    }
    do {
      try Thread(name: "control-client") { [self] in
        connection.serve()
        state.update { _ = $0.connections.removeValue(forKey: number) }
      }.detach()
    } catch {
      state.update { _ = $0.connections.removeValue(forKey: number) }
      reject(connection, .tooMany(error.description))
    }
  }

  private func register(_ connection: ControlConnection) -> Int? {
    state.update { state -> Int? in
      guard !state.stopping, state.connections.count < limits.connections else { return nil }
      state.next += 1
      state.connections[state.next] = connection
      return state.next
    }
  }

  private func reject(_ connection: ControlConnection, _ failure: RPCFailure) {
    host.note(.requestRefused, count: 1)
    _ = connection.channel.write(RPCMessage.failure(.null, failure), until: .after(milliseconds: 0))
  }
}
