import CDovetail
import Testing

/// A struct of the ABI as Swift imports it, beside what `layout.c` asserts of it.
struct Layout: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let expected: Int
  let measured: Int

  init<Type>(_ name: String, _ type: Type.Type, _ size: Int) {
    testDescription = name
    expected = size
    measured = MemoryLayout<Type>.size
  }

  /// On a 64-bit machine.
  static let all: [Layout] = unsafe [
    Layout("dvt_str", dvt_str.self, 16),
    Layout("dvt_bytes", dvt_bytes.self, 16),
    Layout("dvt_handle", dvt_handle.self, 16),
    Layout("dvt_sink", dvt_sink.self, 24),
    Layout("dvt_error", dvt_error.self, 48),
    Layout("dvt_error_sink", dvt_error_sink.self, 24),
    Layout("dvt_attribute", dvt_attribute.self, 32),
    Layout("dvt_buffer", dvt_buffer.self, 24),
    Layout("dvt_host", dvt_host.self, 40),
    Layout("dvt_state", dvt_state.self, 48),
    Layout("dvt_metric", dvt_metric.self, 56),
    Layout("dvt_metric_sink", dvt_metric_sink.self, 24),
    Layout("dvt_plugin", dvt_plugin.self, 96),
    Layout("dvt_handshake", dvt_handshake.self, 48),
    Layout("dvt_event", dvt_event.self, 168),
    Layout("dvt_filter", dvt_filter.self, 40),
    Layout("dvt_subscription", dvt_subscription.self, 144),
    Layout("dvt_events", dvt_events.self, 48),
    Layout("dvt_request", dvt_request.self, 80),
    Layout("dvt_services", dvt_services.self, 32),
    Layout("dvt_interception", dvt_interception.self, 56),
    Layout("dvt_exchange", dvt_exchange.self, 88),
    Layout("dvt_verdict", dvt_verdict.self, 40),
    Layout("dvt_interceptors", dvt_interceptors.self, 24),
    Layout("dvt_responder", dvt_responder.self, 48),
    Layout("dvt_reply", dvt_reply.self, 80),
    Layout("dvt_requests", dvt_requests.self, 56),
    Layout("dvt_value", dvt_value.self, 56),
    Layout("dvt_field", dvt_field.self, 72),
    Layout("dvt_record", dvt_record.self, 144),
    Layout("dvt_write", dvt_write.self, 128),
    Layout("dvt_written", dvt_written.self, 32),
    Layout("dvt_condition", dvt_condition.self, 120),
    Layout("dvt_transaction", dvt_transaction.self, 56),
    Layout("dvt_transacted", dvt_transacted.self, 24),
    Layout("dvt_query", dvt_query.self, 112),
    Layout("dvt_listing", dvt_listing.self, 80),
    Layout("dvt_metadata_stats", dvt_metadata_stats.self, 88),
    Layout("dvt_watch", dvt_watch.self, 152),
    Layout("dvt_validation", dvt_validation.self, 56),
    Layout("dvt_proposal", dvt_proposal.self, 48),
    Layout("dvt_review", dvt_review.self, 48),
    Layout("dvt_amending", dvt_amending.self, 24),
    Layout("dvt_validators", dvt_validators.self, 24),
    Layout("dvt_metadata", dvt_metadata.self, 144),
    Layout("dvt_kept_record", dvt_kept_record.self, 88),
    Layout("dvt_opening", dvt_opening.self, 64),
    Layout("dvt_opened", dvt_opened.self, 32),
    Layout("dvt_batch", dvt_batch.self, 40),
    Layout("dvt_sample", dvt_sample.self, 32),
    Layout("dvt_provider", dvt_provider.self, 136),
    Layout("dvt_persistence", dvt_persistence.self, 16),
    Layout("dvt_route", dvt_route.self, 80),
    Layout("dvt_routes", dvt_routes.self, 24),
    Layout("dvt_event_type", dvt_event_type.self, 88),
    Layout("dvt_event_types", dvt_event_types.self, 24),
    Layout("dvt_timer", dvt_timer.self, 40),
    Layout("dvt_timers", dvt_timers.self, 24),
    Layout("dvt_log", dvt_log.self, 24),
    Layout("dvt_config", dvt_config.self, 48),
    Layout("dvt_execution", dvt_execution.self, 64),
    Layout("dvt_executed", dvt_executed.self, 16),
    Layout("dvt_breaker", dvt_breaker.self, 56),
    Layout("dvt_resilience", dvt_resilience.self, 24),
    Layout("dvt_executor", dvt_executor.self, 16),
  ]
}
