import HostSupport
import PluginHost

/// One method of the protocol: its parameters' names and what it does.
struct ControlMethod: Sendable {
  /// What a method does with its result.
  enum Action: Sendable {
    /// Answers once.
    case reply(
      @Sendable (any HostControl, RPCParameters) throws(RPCFailure) -> any Encodable & Sendable)
    /// Answers, then sends notifications until the connection ends.
    case stream(
      @Sendable (any HostControl, RPCParameters, Notifications) throws(RPCFailure) -> Cancellation)
  }

  let name: String
  let parameters: [String]
  let action: Action

  static func reply<Result: Encodable & Sendable>(
    _ name: String, _ parameters: [String] = [],
    _ body: @escaping @Sendable (any HostControl, RPCParameters) throws -> Result
  ) -> ControlMethod {
    ControlMethod(
      name: name, parameters: parameters,
      action: .reply { host, given throws(RPCFailure) in
        try translated { try body(host, given) }
      })
  }

  static func stream(
    _ name: String, _ parameters: [String],
    _ body:
      @escaping @Sendable (any HostControl, RPCParameters, Notifications) throws ->
      Cancellation
  ) -> ControlMethod {
    ControlMethod(
      name: name, parameters: parameters,
      action: .stream { host, given, notifications throws(RPCFailure) in
        try translated { try body(host, given, notifications) }
      })
  }

  private static func translated<Result>(_ body: () throws -> Result) throws(RPCFailure) -> Result {
    do {
      return try body()
    } catch let failure as RPCFailure {
      throw failure
    } catch let error as OperationError {
      throw RPCFailure(error)
    } catch {
      throw RPCFailure(code: -32603, message: "\(error)")
    }
  }
}
