import CDovetail
import HostSupport
import MetadataStore
import PluginSDK

/// A subscription, service, timer, watch, validator, interceptor, responder, combiner, event type or route.
///
/// Safe: mutable members are touched only under the core's lock; the plugin's pointers are only passed back to it.
@safe final class Entry: @unchecked Sendable {
  /// What is registered.
  enum Kind {
    case subscription, service, timer, watch, validator, interceptor, responder, combiner,
      eventType,
      route
  }

  /// Whom to tell when the last call has returned.
  typealias Completion = (done: dvt_completion?, context: UnsafeMutableRawPointer?)

  let kind: Kind
  let seat: Seat
  /// Unique in its plugin, or in the host for a service.
  let name: String
  /// An interceptor's or event type's pattern, or a watch's collection.
  let pattern: String
  let context: UnsafeMutableRawPointer?
  var token: UInt64 = 0
  var isDead = false
  var running = 0
  var completion: Completion?

  /// A subscription's options.
  var wishes: Wishes?
  /// Whether a failed event keeps its place, and later ones wait for it.
  var isHolding = false
  var due: UInt64 = 0
  var interval: UInt64 = 0
  var prefix = ""
  /// A watch's one key; `nil` when its prefix counts.
  var key: String?
  var stages: UInt32 = 0
  var priority: Int32 = 0
  /// The collections whose writes a validator judges.
  var collections: CollectionPattern?
  /// What events of an event type fit.
  var schema: JSONSchema?
  var contentType = ""
  /// What an interceptor stands around, a responder answers, or an event type is of.
  var matcher: TopicMatcher?

  /// What a route takes, and where.
  var way: RouteWay?

  var onEvent: dvt_handler?
  var onRequest: dvt_service_handler?
  var onTime: dvt_timer_handler?
  var onRecord: dvt_record_receiver?
  var onExchange: dvt_interceptor?
  var onReview: dvt_validator?
  var onReplies: dvt_combiner?

  init(
    _ kind: Kind, _ seat: Seat, name: String, pattern: String = "",
    _ context: UnsafeMutableRawPointer?
  ) {
    self.kind = kind
    self.seat = seat
    self.name = name
    self.pattern = pattern
    unsafe self.context = unsafe context
  }
}
