import FoundationEssentials
public import HostSupport
import PluginHost

/// A connection to a host's control socket.
///
/// Threading: used by one thread at a time.
public final class ControlClient {
  private struct Incoming<Result: Decodable>: Decodable {
    struct Failure: Decodable {
      struct Detail: Decodable {
        let code: OperationCode?
        let plugin: String?
        let advice: String?
      }
      let code: Int
      let message: String
      let data: Detail?

      var error: ControlError {
        guard let data, let code = data.code else {
          return .rejected(code: self.code, message: message)
        }
        return .operation(
          OperationError(code, plugin: data.plugin, message, advice: data.advice))
      }
    }
    let id: Int64?
    let method: String?
    let result: Result?
    let error: Failure?
  }

  private let channel: LineChannel
  private var lastID: Int64 = 0
  private var early: [[UInt8]] = []

  /// Connects.
  ///
  /// - Parameter socket: The control socket's path.
  /// - Throws: `noHost` when nobody listens there.
  public init(socket: String) throws(ControlError) {
    do {
      channel = LineChannel(try LocalSocket.connect(socket), limit: 256 << 20)
    } catch {
      throw .noHost(socket: socket, reason: error.reason)
    }
  }

  /// Sends a request and waits for its reply.
  ///
  /// - Parameters:
  ///   - method: As PROTOCOL.md has it.
  ///   - parameters: As PROTOCOL.md has them.
  ///   - milliseconds: How long to wait, 1…600,000.
  /// - Returns: The result.
  /// - Throws: Why there is none.
  public func request<Result: Decodable>(
    _ method: String, _ parameters: [String: JSON] = [:], milliseconds: Int
  ) throws(ControlError) -> Result {
    let deadline = Deadline.after(milliseconds: milliseconds)
    lastID += 1
    let line = RPCMessage.request(lastID, method, parameters)
    guard line.count <= ControlLimits().requestBytes else {
      throw .operation(
        OperationError(
          .refused, "the request has \(line.count) bytes, more than a host accepts (8 MiB)",
          advice: "send less data at a time"))
    }
    // A refusal may wait to be read although the host takes no more: read on in any case.
    _ = channel.write(line, until: deadline)
    while true {
      let reply = try read(until: deadline, for: method, milliseconds)
      let incoming: Incoming<Result> = try decode(reply)
      guard incoming.method == nil else {
        early.append(reply)
        continue
      }
      guard incoming.id == lastID || incoming.id == nil else { continue }
      return try result(of: incoming)
    }
  }

  /// The next notification as its method and the JSON of its parameters, `nil` when the host ended or the deadline passed.
  public func nextNotification(
    until deadline: Deadline
  ) throws(ControlError) -> (method: String, parameters: JSON)? {
    struct Notification: Decodable {
      let method: String
      let params: JSON
    }
    if !early.isEmpty {
      let first: Notification = try decode(early.removeFirst())
      return (first.method, first.params)
    }
    guard case .line(let line) = channel.read(until: { deadline }) else { return nil }
    let notification: Notification = try decode(line)
    return (notification.method, notification.params)
  }

  private func read(
    until deadline: Deadline, for method: String, _ milliseconds: Int
  ) throws(ControlError) -> [UInt8] {
    switch channel.read(until: { deadline }) {
    case .line(let line): return line
    case .late: throw .timeout(method: method, milliseconds: milliseconds)
    case .end: throw .broken("the host ended the connection before it answered \(method)")
    case .tooLong: throw .broken("the host's answer to \(method) is larger than 256 MiB")
    }
  }

  private func result<Result: Decodable>(
    of incoming: Incoming<Result>
  ) throws(ControlError) -> Result {
    if let failure = incoming.error { throw failure.error }
    guard let result = incoming.result else {
      throw .broken("the host's answer has neither a result nor an error")
    }
    return result
  }

  private func decode<Value: Decodable>(_ line: [UInt8]) throws(ControlError) -> Value {
    do {
      return try JSON.decode(Value.self, from: line)
    } catch {
      throw .broken("the host's answer is not what this version expects: \(error.reason)")
    }
  }
}
