import HostSupport
import PluginHost

/// An error as JSON-RPC carries it.
struct RPCFailure: Error, Equatable {
  /// The number: JSON-RPC's own, or one of PROTOCOL.md's.
  let code: Int
  /// What happened and why.
  let message: String
  /// The operation's error, when it is one.
  var operation: OperationError?

  /// Whether the request was not carried out at all, because of its form or its sender: no operation answered it.
  var isRefusal: Bool { operation == nil }

  static func parse(_ reason: String) -> RPCFailure { .init(code: -32700, message: reason) }
  static func invalidRequest(_ reason: String) -> RPCFailure {
    .init(code: -32600, message: reason)
  }
  static func unknownMethod(_ reason: String) -> RPCFailure { .init(code: -32601, message: reason) }
  static func invalidParameters(_ why: String) -> RPCFailure { .init(code: -32602, message: why) }
  static func tooLarge(_ reason: String) -> RPCFailure { .init(code: -32020, message: reason) }
  static func tooMany(_ reason: String) -> RPCFailure { .init(code: -32021, message: reason) }
  static func idle(_ reason: String) -> RPCFailure { .init(code: -32022, message: reason) }
  static func notPermitted(_ why: String) -> RPCFailure { .init(code: -32023, message: why) }

  init(code: Int, message: String) {
    self.code = code
    self.message = message
  }

  init(_ error: OperationError) {
    code = RPCFailure.number(of: error.code)
    message = error.message
    operation = error
  }

  static func number(of code: OperationCode) -> Int {
    switch code {
    case .failed: -32000
    case .notFound: -32001
    case .exists: -32002
    case .blocked: -32003
    case .refused: -32004
    case .denied: -32005
    case .conflict: -32006
    case .timeout: -32007
    case .invalid: -32008
    case .unavailable: -32009
    }
  }

  /// The `error` member of a reply.
  var json: JSON {
    var members: [String: JSON] = ["code": .int(Int64(code)), "message": .string(message)]
    if let operation {
      var data: [String: JSON] = ["code": .string(operation.code.rawValue)]
      data["plugin"] = operation.plugin.map { .string($0) }
      data["advice"] = operation.advice.map { .string($0) }
      members["data"] = .object(data)
    }
    return .object(members)
  }
}
