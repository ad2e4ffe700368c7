import CDovetail

/// What passes an interceptor, as those before have left it. What is assigned to it goes on in its place.
public struct Exchange: Sendable {
  /// What passes.
  public enum Stage: Sendable, Equatable {
    /// An event that was published; no handler has it yet.
    case event
    /// A request; no provider has it yet.
    case request
    /// The reply, or the failure, on its way back to the caller.
    case reply
  }

  /// What passes.
  public let stage: Stage
  /// The topic or the service.
  public let name: String
  /// The id of the plugin that published or called.
  public let caller: String
  /// Why the request failed; `nil` for a success, and at the other stages.
  public let failure: PluginError.Code?
  /// The event; its `type`, `source`, `sequence` and `attempt` stay what they are. `nil` at the other stages.
  public var event: Event? { didSet { isAmended = true } }
  /// The data of the request or the reply. Assigning them to a failure makes it a success. An event has its own.
  public var data: [UInt8] { didSet { isAmended = true } }
  /// The media type of a request's data.
  public var contentType: String { didSet { isAmended = true } }
  private var isAmended = false
  private var answer: [UInt8]?

  /// Ends it here, with success: a request gets this reply, an event reaches nobody else.
  public mutating func answer(_ data: [UInt8] = []) { answer = data }

  init(_ raw: dvt_exchange) {
    switch unsafe raw.stage {
    case DVT_STAGE_EVENT: stage = .event
    case DVT_STAGE_REQUEST: stage = .request
    default: stage = .reply
    }
    name = unsafe raw.name.string
    caller = unsafe raw.caller.string
    let code = unsafe raw.code
    failure = code == DVT_OK ? nil : PluginError.Code(rawValue: code)
    event = unsafe raw.event.map { unsafe Event(EventView($0)) }
    data = unsafe raw.event == nil ? raw.data.array : []
    contentType = unsafe raw.datacontenttype.string
  }

  /// Tells the host what was said.
  func speak(through verdict: UnsafePointer<dvt_verdict>?) throws(PluginError) {
    guard let verdict = unsafe verdict?.pointee else { return }
    let arena = Arena()
    defer { withExtendedLifetime(arena) {} }
    var code = DVT_OK
    if let answer {
      code = unsafe verdict.answer?(verdict.context, arena.bytes(answer)) ?? DVT_UNSUPPORTED
    } else if isAmended, let event {
      var raw = unsafe event.attributes(arena)
      unsafe raw.data = unsafe arena.bytes(event.data)
      code = unsafe verdict.amend_event?(verdict.context, &raw) ?? DVT_UNSUPPORTED
    } else if isAmended {
      let type = unsafe arena.text(contentType)
      let bytes = unsafe arena.bytes(data)
      code = unsafe verdict.amend?(verdict.context, type, bytes) ?? DVT_UNSUPPORTED
    }
    guard code == DVT_OK else {
      throw PluginError(PluginError.Code(rawValue: code), "the host did not take the amendment")
    }
  }
}
