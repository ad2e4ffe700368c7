import HostSupport

/// One request as it came over the wire.
struct RPCRequest: Equatable {
  /// What the reply repeats; `nil` when none is wanted.
  let id: JSON?
  let method: String
  let parameters: [String: JSON]

  /// What is wrong with a line, and the id to answer to.
  struct Rejection: Error, Equatable {
    let id: JSON
    let failure: RPCFailure
  }

  init(parsing line: some Collection<UInt8>) throws(Rejection) {
    let value: JSON
    do {
      value = try JSON(parsing: line)
    } catch {
      throw Rejection(id: .null, failure: .parse(error.description))
    }
    guard case .object(let members) = value else {
      let reason =
        value.array == nil
        ? "a request is a JSON object" : "batches are not served: send one request a line"
      throw Rejection(id: .null, failure: .invalidRequest(reason))
    }
    id = try RPCRequest.id(of: members)
    let replyID = id ?? .null
    guard members["jsonrpc"]?.string == "2.0" else {
      throw Rejection(id: replyID, failure: .invalidRequest("\"jsonrpc\" must be \"2.0\""))
    }
    guard let method = members["method"]?.string else {
      throw Rejection(id: replyID, failure: .invalidRequest("\"method\" must be a string"))
    }
    self.method = method
    switch members["params"] {
    case nil: parameters = [:]
    case .object(let named): parameters = named
    default:
      throw Rejection(
        id: replyID, failure: .invalidParameters("\"params\" must be an object of named members"))
    }
  }

  private static func id(of members: [String: JSON]) throws(Rejection) -> JSON? {
    switch members["id"] {
    case nil: return nil
    case .some(let id):
      switch id {
      case .null, .int, .string: return id
      default:
        let reason = "\"id\" must be a string, an integer or null"
        throw Rejection(id: .null, failure: .invalidRequest(reason))
      }
    }
  }
}
