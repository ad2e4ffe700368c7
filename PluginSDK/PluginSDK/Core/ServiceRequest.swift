import CDovetail

/// One request to a service.
public struct ServiceRequest: Sendable {
  /// The name that was called.
  public let service: String
  /// The id of the plugin that calls.
  public let caller: String
  /// The media type of `data`.
  public let contentType: String
  /// What was sent.
  public let data: [UInt8]

  init(_ raw: dvt_request) {
    service = unsafe raw.service.string
    caller = unsafe raw.caller.string
    contentType = unsafe raw.datacontenttype.string
    data = unsafe raw.data.array
  }
}
