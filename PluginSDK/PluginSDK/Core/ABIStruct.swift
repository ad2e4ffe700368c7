package import CDovetail

/// A struct of the ABI that begins with its size and revision.
package protocol ABIStruct {
  /// All zero.
  init()
  /// Bytes that the sender knows.
  // swift-format-ignore: AlwaysUseLowerCamelCase
  var struct_size: UInt32 { get set }
  /// The sender's major revision.
  // swift-format-ignore: AlwaysUseLowerCamelCase
  var abi_major: UInt16 { get set }
  /// The sender's minor revision.
  // swift-format-ignore: AlwaysUseLowerCamelCase
  var abi_minor: UInt16 { get set }
}

extension ABIStruct {
  /// All zero but the header, which is filled in.
  package static func headed() -> Self {
    var value = Self()
    value.struct_size = UInt32(MemoryLayout<Self>.size)
    value.abi_major = UInt16(DVT_ABI_MAJOR)
    value.abi_minor = UInt16(DVT_ABI_MINOR)
    return value
  }
}

extension dvt_error: ABIStruct {}
extension dvt_error_sink: ABIStruct {}
extension dvt_event: ABIStruct {}
extension dvt_metric: ABIStruct {}
extension dvt_plugin: ABIStruct {}
extension dvt_request: ABIStruct {}
extension dvt_sink: ABIStruct {}
extension dvt_subscription: ABIStruct {}
extension dvt_timer: ABIStruct {}
extension dvt_watch: ABIStruct {}
extension dvt_write: ABIStruct {}
extension dvt_written: ABIStruct {}
extension dvt_transaction: ABIStruct {}
extension dvt_transacted: ABIStruct {}
extension dvt_listing: ABIStruct {}
extension dvt_query: ABIStruct {}
extension dvt_metadata_stats: ABIStruct {}
extension dvt_config: ABIStruct {}
extension dvt_events: ABIStruct {}
extension dvt_event_type: ABIStruct {}
extension dvt_event_types: ABIStruct {}
extension dvt_executor: ABIStruct {}
extension dvt_interception: ABIStruct {}
extension dvt_exchange: ABIStruct {}
extension dvt_verdict: ABIStruct {}
extension dvt_interceptors: ABIStruct {}
extension dvt_responder: ABIStruct {}
extension dvt_reply: ABIStruct {}
extension dvt_requests: ABIStruct {}
extension dvt_route: ABIStruct {}
extension dvt_routes: ABIStruct {}
extension dvt_batch: ABIStruct {}
extension dvt_opened: ABIStruct {}
extension dvt_opening: ABIStruct {}
extension dvt_persistence: ABIStruct {}
extension dvt_provider: ABIStruct {}
extension dvt_log: ABIStruct {}
extension dvt_metadata: ABIStruct {}
extension dvt_services: ABIStruct {}
extension dvt_timers: ABIStruct {}
extension dvt_metric_sink: ABIStruct {}
extension dvt_state: ABIStruct {}
extension dvt_record: ABIStruct {}
extension dvt_handshake: ABIStruct {}
extension dvt_buffer: ABIStruct {}
extension dvt_host: ABIStruct {}
