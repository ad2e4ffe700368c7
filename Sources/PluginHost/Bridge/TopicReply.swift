import CDovetail

/// What one responder said.
struct TopicReply: Sendable {
  /// Id of its plugin.
  let responder: String
  /// Of its registration.
  let name: String
  /// Its place in the order of responders.
  let place: Int
  let result: Result<[UInt8], ErrorReport>

  /// Lends the reply as the ABI has it while `body` runs.
  func lend<Value>(_ body: (dvt_reply) -> Value) -> Value {
    var code = DVT_OK
    var message = ""
    var isRetryable = false
    var data: [UInt8] = []
    switch result {
    case .success(let bytes): data = bytes
    case .failure(let report):
      (code, message, isRetryable) = (report.code, report.message, report.retryable)
    }
    return unsafe withText(responder) { responder in
      unsafe withText(name) { name in
        unsafe withText(message) { message in
          unsafe withBytes(data) { data in
            unsafe body(
              dvt_reply(
                struct_size: UInt32(MemoryLayout<dvt_reply>.size), abi_major: UInt16(DVT_ABI_MAJOR),
                abi_minor: UInt16(DVT_ABI_MINOR), responder: responder, name: name, code: code,
                retryable: isRetryable ? 1 : 0, message: message, data: data))
          }
        }
      }
    }
  }

  /// Lends several replies.
  static func lend<Value>(
    _ replies: ArraySlice<TopicReply>, after lent: [dvt_reply] = unsafe [],
    _ body: ([dvt_reply]) -> Value
  ) -> Value {
    guard let first = replies.first else { return unsafe body(lent) }
    return unsafe first.lend { raw in
      unsafe lend(replies.dropFirst(), after: lent + [raw], body)
    }
  }
}
