import CDovetail
import PluginSDK

/// A subscription, service, timer or watch.
///
/// Safe: mutable members are touched only under the core's lock; the plugin's pointers are only passed back to it.
@safe final class Entry: @unchecked Sendable {
  /// What is registered.
  enum Kind { case subscription, service, timer, watch }

  /// Whom to tell when the last call has returned.
  typealias Completion = (done: dvt_completion?, context: UnsafeMutableRawPointer?)

  let kind: Kind
  let seat: Seat
  /// Unique in its plugin, or in the host for a service.
  let name: String
  /// A subscription's pattern, or a watch's collection.
  let pattern: String
  let context: UnsafeMutableRawPointer?
  var token: UInt64 = 0
  var isDead = false
  var running = 0
  var completion: Completion?

  var priority: Int32 = 0
  var isAsync = false
  var due: UInt64 = 0
  var interval: UInt64 = 0
  var prefix = ""

  var onEvent: dvt_handler?
  var onRequest: dvt_service_handler?
  var onTime: dvt_timer_handler?
  var onRecord: dvt_record_receiver?

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

  /// Whether a subscription wants events of a topic.
  func matches(_ topic: String) -> Bool {
    let wanted = pattern.split(separator: ".", omittingEmptySubsequences: false)
    let given = topic.split(separator: ".", omittingEmptySubsequences: false)
    for (index, segment) in wanted.enumerated() {
      if segment == ">" { return index == wanted.count - 1 && given.count > index }
      guard index < given.count, segment == "*" || segment == given[index] else { return false }
    }
    return wanted.count == given.count
  }
}
