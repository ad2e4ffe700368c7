import CDovetail

/// What one responder said to a request on a topic.
public struct TopicReply: Sendable {
  /// The id of its plugin.
  public let responder: String
  /// The name of its registration.
  public let name: String
  /// What it answered; empty for a failure.
  public let data: [UInt8]
  /// Why it has no answer; `nil` for a success.
  public let failure: PluginError?

  init(_ raw: dvt_reply) {
    responder = unsafe raw.responder.string
    name = unsafe raw.name.string
    data = unsafe raw.data.array
    let code = unsafe raw.code
    guard code != DVT_OK else {
      failure = nil
      return
    }
    failure = unsafe PluginError(
      PluginError.Code(rawValue: code), raw.message.string, domain: raw.responder.string,
      isRetryable: raw.retryable != 0)
  }
}
