import Glibc
import HostSupport
import PluginHost

/// One client of the control socket: reads requests, answers each before it reads the next.
///
/// Threading: `serve` runs on a thread of its own; a second thread sends notifications while the client follows something.
final class ControlConnection: Sendable {
  private struct Stream {
    let notifications: Notifications
    let cancellation: Cancellation
    let sender: Thread
  }

  let channel: LineChannel
  private let host: any HostControl
  private let limits: ControlLimits

  init(_ socket: consuming FileDescriptor, host: any HostControl, limits: ControlLimits) {
    channel = LineChannel(socket, limit: limits.requestBytes)
    self.host = host
    self.limits = limits
  }

  /// Serves until the client ends, misbehaves or is told to end.
  func serve() {
    var stream: Stream?
    while let line = nextLine(isStreaming: stream != nil) {
      guard answer(line, &stream) else { break }
    }
    if let stream { end(stream) }
    channel.shutDown(both: true)
  }

  private func nextLine(isStreaming: Bool) -> [UInt8]? {
    let deadline = isStreaming ? Deadline.never : .after(milliseconds: limits.idleMilliseconds)
    switch channel.read(until: { deadline }) {
    case .line(let line):
      return line
    case .end:
      return nil
    case .late(let partial):
      let seconds = limits.idleMilliseconds / 1000
      let reason = partial ? "the request did not end" : "no request came"
      send(.idle("\(reason) within \(seconds) s"), to: .null)
      return nil
    case .tooLong:
      send(.tooLarge("a request has at most \(limits.requestBytes) bytes"), to: .null)
      return nil
    }
  }

  /// Answers one request.
  ///
  /// - Returns: Whether the connection is still of use.
  private func answer(_ line: [UInt8], _ stream: inout Stream?) -> Bool {
    let request: RPCRequest
    do {
      request = try RPCRequest(parsing: line)
    } catch {
      return send(error.failure, to: error.id)
    }
    do {
      return try perform(request, &stream)
    } catch {
      return request.id.map { send(error, to: $0) } ?? true
    }
  }

  private func perform(
    _ request: RPCRequest, _ stream: inout Stream?
  ) throws(RPCFailure) -> Bool {
    let method = try find(request)
    let given = RPCParameters(members: request.parameters)
    switch method.action {
    case .reply(let body):
      let result = try body(host, given)
      return request.id.map { send(RPCMessage.reply($0, result)) } ?? true
    case .stream(let body):
      guard stream == nil else {
        throw .invalidRequest("this connection follows something already: open another one")
      }
      stream = try begin(request, given, body)
      return true
    }
  }

  private func find(_ request: RPCRequest) throws(RPCFailure) -> ControlMethod {
    guard let method = ControlMethod.table[request.method] else {
      let near = Spelling.nearest(to: request.method, in: ControlMethod.table.keys)
      let hint = near.map { ": did you mean \"\($0)\"?" } ?? ""
      throw .unknownMethod("there is no method \"\(request.method)\"\(hint)")
    }
    for name in request.parameters.keys.sorted() where !method.parameters.contains(name) {
      throw .invalidParameters("\"\(name)\" is not a parameter of \(method.name)")
    }
    return method
  }

  private func begin(
    _ request: RPCRequest, _ given: RPCParameters,
    _ body:
      @Sendable (any HostControl, RPCParameters, Notifications) throws(RPCFailure) ->
      Cancellation
  ) throws(RPCFailure) -> Stream {
    let notifications = Notifications(limits) { [host] in host.note(.followerTooSlow, count: 1) }
    let cancellation = try body(host, given, notifications)
    if let id = request.id { _ = send(RPCMessage.reply(id, JSON.object([:]))) }
    do {
      let sender = try Thread(name: "control-send") { [self] in forward(notifications) }
      return Stream(notifications: notifications, cancellation: cancellation, sender: sender)
    } catch {
      cancellation.cancel()
      throw .tooMany(error.description)
    }
  }

  private func forward(_ notifications: Notifications) {
    while let items = notifications.take() {
      for item in items where !send(item.line) {
        channel.shutDown(both: true)
        return
      }
    }
  }

  private func end(_ stream: Stream) {
    stream.cancellation.cancel()
    stream.notifications.close()
    channel.shutDown(both: true)
    stream.sender.join()
  }

  @discardableResult
  private func send(_ failure: RPCFailure, to id: JSON) -> Bool {
    if failure.isRefusal { host.note(.requestRefused, count: 1) }
    return send(RPCMessage.failure(id, failure))
  }

  private func send(_ line: [UInt8]) -> Bool {
    channel.write(line, until: .after(milliseconds: limits.writeMilliseconds))
  }
}
