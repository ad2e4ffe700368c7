/* The layout of every struct of the ABI on a 64-bit machine, byte by byte. A change here is a change of the ABI: a struct may only
 * grow at its end, and then its tag and these lines change together. */
#include "dovetail.h"

#define SIZE(type, bytes) _Static_assert(sizeof(type) == (bytes), #type " has another size")
#define AT(type, member, bytes) _Static_assert(offsetof(type, member) == (bytes), #type "." #member " has moved")

#if UINTPTR_MAX == UINT64_MAX

SIZE(dvt_str, 16); /* dvt_str_r1 */
AT(dvt_str, ptr, 0);
AT(dvt_str, len, 8);

SIZE(dvt_bytes, 16); /* dvt_bytes_r1 */
AT(dvt_bytes, ptr, 0);
AT(dvt_bytes, len, 8);

SIZE(dvt_handle, 16); /* dvt_handle_r1 */
AT(dvt_handle, plugin, 0);
AT(dvt_handle, generation, 4);
AT(dvt_handle, token, 8);

SIZE(dvt_sink, 24); /* dvt_sink_r1 */
AT(dvt_sink, struct_size, 0);
AT(dvt_sink, abi_major, 4);
AT(dvt_sink, abi_minor, 6);
AT(dvt_sink, context, 8);
AT(dvt_sink, write, 16);

SIZE(dvt_error, 48); /* dvt_error_r1 */
AT(dvt_error, struct_size, 0);
AT(dvt_error, abi_major, 4);
AT(dvt_error, abi_minor, 6);
AT(dvt_error, code, 8);
AT(dvt_error, retryable, 12);
AT(dvt_error, domain, 16);
AT(dvt_error, message, 32);

SIZE(dvt_error_sink, 24); /* dvt_error_sink_r1 */
AT(dvt_error_sink, struct_size, 0);
AT(dvt_error_sink, abi_major, 4);
AT(dvt_error_sink, abi_minor, 6);
AT(dvt_error_sink, context, 8);
AT(dvt_error_sink, report, 16);

SIZE(dvt_attribute, 32); /* dvt_attribute_r1 */
AT(dvt_attribute, name, 0);
AT(dvt_attribute, value, 16);

SIZE(dvt_buffer, 24); /* dvt_buffer_r1 */
AT(dvt_buffer, struct_size, 0);
AT(dvt_buffer, abi_major, 4);
AT(dvt_buffer, abi_minor, 6);
AT(dvt_buffer, ptr, 8);
AT(dvt_buffer, len, 16);

SIZE(dvt_host, 40); /* dvt_host_r1 */
AT(dvt_host, struct_size, 0);
AT(dvt_host, abi_major, 4);
AT(dvt_host, abi_minor, 6);
AT(dvt_host, get_interface, 8);
AT(dvt_host, buffer_create, 16);
AT(dvt_host, buffer_retain, 24);
AT(dvt_host, buffer_release, 32);

SIZE(dvt_state, 48); /* dvt_state_r1 */
AT(dvt_state, struct_size, 0);
AT(dvt_state, abi_major, 4);
AT(dvt_state, abi_minor, 6);
AT(dvt_state, schema, 8);
AT(dvt_state, version, 24);
AT(dvt_state, data, 32);

SIZE(dvt_metric, 56); /* dvt_metric_r1 */
AT(dvt_metric, struct_size, 0);
AT(dvt_metric, abi_major, 4);
AT(dvt_metric, abi_minor, 6);
AT(dvt_metric, kind, 8);
AT(dvt_metric, reserved, 12);
AT(dvt_metric, value, 16);
AT(dvt_metric, name, 24);
AT(dvt_metric, labels, 40);
AT(dvt_metric, label_count, 48);

SIZE(dvt_metric_sink, 24); /* dvt_metric_sink_r1 */
AT(dvt_metric_sink, struct_size, 0);
AT(dvt_metric_sink, abi_major, 4);
AT(dvt_metric_sink, abi_minor, 6);
AT(dvt_metric_sink, context, 8);
AT(dvt_metric_sink, report, 16);

SIZE(dvt_plugin, 96); /* dvt_plugin_r1 */
AT(dvt_plugin, struct_size, 0);
AT(dvt_plugin, abi_major, 4);
AT(dvt_plugin, abi_minor, 6);
AT(dvt_plugin, pre_init, 8);
AT(dvt_plugin, init, 16);
AT(dvt_plugin, post_init, 24);
AT(dvt_plugin, quiesce, 32);
AT(dvt_plugin, resume, 40);
AT(dvt_plugin, save_state, 48);
AT(dvt_plugin, restore_state, 56);
AT(dvt_plugin, health, 64);
AT(dvt_plugin, metrics, 72);
AT(dvt_plugin, pre_cleanup, 80);
AT(dvt_plugin, cleanup, 88);

SIZE(dvt_handshake, 48); /* dvt_handshake_r1 */
AT(dvt_handshake, struct_size, 0);
AT(dvt_handshake, abi_major, 4);
AT(dvt_handshake, abi_minor, 6);
AT(dvt_handshake, host_version, 8);
AT(dvt_handshake, plugin_id, 24);
AT(dvt_handshake, generation, 40);
AT(dvt_handshake, reserved, 44);

SIZE(dvt_event, 168); /* dvt_event_r1 */
AT(dvt_event, struct_size, 0);
AT(dvt_event, abi_major, 4);
AT(dvt_event, abi_minor, 6);
AT(dvt_event, sequence, 8);
AT(dvt_event, time_ns, 16);
AT(dvt_event, id, 24);
AT(dvt_event, source, 40);
AT(dvt_event, type, 56);
AT(dvt_event, subject, 72);
AT(dvt_event, datacontenttype, 88);
AT(dvt_event, dataschema, 104);
AT(dvt_event, extensions, 120);
AT(dvt_event, extension_count, 128);
AT(dvt_event, data, 136);
AT(dvt_event, buffer, 152);
AT(dvt_event, flags, 160);
AT(dvt_event, attempt, 164);

SIZE(dvt_filter, 40); /* dvt_filter_r1 */
AT(dvt_filter, field, 0);
AT(dvt_filter, value, 16);
AT(dvt_filter, test, 32);
AT(dvt_filter, reserved, 36);

SIZE(dvt_subscription, 144); /* dvt_subscription_r2 */
AT(dvt_subscription, struct_size, 0);
AT(dvt_subscription, abi_major, 4);
AT(dvt_subscription, abi_minor, 6);
AT(dvt_subscription, pattern, 8);
AT(dvt_subscription, name, 24);
AT(dvt_subscription, priority, 40);
AT(dvt_subscription, delivery, 44);
AT(dvt_subscription, overflow, 48);
AT(dvt_subscription, capacity, 52);
AT(dvt_subscription, block_ms, 56);
AT(dvt_subscription, reserved, 60);
AT(dvt_subscription, pattern_kind, 64);
AT(dvt_subscription, flags, 68);
AT(dvt_subscription, filters, 72);
AT(dvt_subscription, filter_count, 80);
AT(dvt_subscription, wants, 88);
AT(dvt_subscription, key, 96);
AT(dvt_subscription, lanes, 112);
AT(dvt_subscription, timeout_ms, 116);
AT(dvt_subscription, retry_attempts, 120);
AT(dvt_subscription, retry_initial_ms, 124);
AT(dvt_subscription, retry_cap_ms, 128);
AT(dvt_subscription, retry_jitter_percent, 132);
AT(dvt_subscription, retry_multiplier, 136);

SIZE(dvt_events, 48); /* dvt_events_r1 */
AT(dvt_events, struct_size, 0);
AT(dvt_events, abi_major, 4);
AT(dvt_events, abi_minor, 6);
AT(dvt_events, topic, 8);
AT(dvt_events, publish, 16);
AT(dvt_events, publish_named, 24);
AT(dvt_events, subscribe, 32);
AT(dvt_events, unsubscribe, 40);

SIZE(dvt_request, 80); /* dvt_request_r1 */
AT(dvt_request, struct_size, 0);
AT(dvt_request, abi_major, 4);
AT(dvt_request, abi_minor, 6);
AT(dvt_request, service, 8);
AT(dvt_request, caller, 24);
AT(dvt_request, datacontenttype, 40);
AT(dvt_request, data, 56);
AT(dvt_request, deadline_ms, 72);

SIZE(dvt_services, 32); /* dvt_services_r1 */
AT(dvt_services, struct_size, 0);
AT(dvt_services, abi_major, 4);
AT(dvt_services, abi_minor, 6);
AT(dvt_services, provide, 8);
AT(dvt_services, withdraw, 16);
AT(dvt_services, call, 24);

SIZE(dvt_interception, 56); /* dvt_interception_r1 */
AT(dvt_interception, struct_size, 0);
AT(dvt_interception, abi_major, 4);
AT(dvt_interception, abi_minor, 6);
AT(dvt_interception, pattern, 8);
AT(dvt_interception, name, 24);
AT(dvt_interception, priority, 40);
AT(dvt_interception, stages, 44);
AT(dvt_interception, flags, 48);
AT(dvt_interception, reserved, 52);

SIZE(dvt_exchange, 88); /* dvt_exchange_r1 */
AT(dvt_exchange, struct_size, 0);
AT(dvt_exchange, abi_major, 4);
AT(dvt_exchange, abi_minor, 6);
AT(dvt_exchange, stage, 8);
AT(dvt_exchange, code, 12);
AT(dvt_exchange, name, 16);
AT(dvt_exchange, caller, 32);
AT(dvt_exchange, event, 48);
AT(dvt_exchange, datacontenttype, 56);
AT(dvt_exchange, data, 72);

SIZE(dvt_verdict, 40); /* dvt_verdict_r1 */
AT(dvt_verdict, struct_size, 0);
AT(dvt_verdict, abi_major, 4);
AT(dvt_verdict, abi_minor, 6);
AT(dvt_verdict, context, 8);
AT(dvt_verdict, amend_event, 16);
AT(dvt_verdict, amend, 24);
AT(dvt_verdict, answer, 32);

SIZE(dvt_interceptors, 24); /* dvt_interceptors_r1 */
AT(dvt_interceptors, struct_size, 0);
AT(dvt_interceptors, abi_major, 4);
AT(dvt_interceptors, abi_minor, 6);
AT(dvt_interceptors, intercept, 8);
AT(dvt_interceptors, release, 16);

SIZE(dvt_responder, 48); /* dvt_responder_r1 */
AT(dvt_responder, struct_size, 0);
AT(dvt_responder, abi_major, 4);
AT(dvt_responder, abi_minor, 6);
AT(dvt_responder, pattern, 8);
AT(dvt_responder, name, 24);
AT(dvt_responder, priority, 40);
AT(dvt_responder, reserved, 44);

SIZE(dvt_reply, 80); /* dvt_reply_r1 */
AT(dvt_reply, struct_size, 0);
AT(dvt_reply, abi_major, 4);
AT(dvt_reply, abi_minor, 6);
AT(dvt_reply, responder, 8);
AT(dvt_reply, name, 24);
AT(dvt_reply, code, 40);
AT(dvt_reply, retryable, 44);
AT(dvt_reply, message, 48);
AT(dvt_reply, data, 64);

SIZE(dvt_requests, 56); /* dvt_requests_r1 */
AT(dvt_requests, struct_size, 0);
AT(dvt_requests, abi_major, 4);
AT(dvt_requests, abi_minor, 6);
AT(dvt_requests, respond, 8);
AT(dvt_requests, combine, 16);
AT(dvt_requests, withdraw, 24);
AT(dvt_requests, request, 32);
AT(dvt_requests, begin, 40);
AT(dvt_requests, cancel, 48);

SIZE(dvt_value, 56); /* dvt_value_r1 */
AT(dvt_value, kind, 0);
AT(dvt_value, reserved, 4);
AT(dvt_value, integer, 8);
AT(dvt_value, number, 16);
AT(dvt_value, bytes, 24);
AT(dvt_value, fields, 40);
AT(dvt_value, field_count, 48);

SIZE(dvt_field, 72); /* dvt_field_r1 */
AT(dvt_field, name, 0);
AT(dvt_field, value, 16);

SIZE(dvt_record, 144); /* dvt_record_r2 */
AT(dvt_record, struct_size, 0);
AT(dvt_record, abi_major, 4);
AT(dvt_record, abi_minor, 6);
AT(dvt_record, collection, 8);
AT(dvt_record, key, 24);
AT(dvt_record, value, 40);
AT(dvt_record, version, 96);
AT(dvt_record, created, 104);
AT(dvt_record, modified, 112);
AT(dvt_record, deleted, 120);
AT(dvt_record, flags, 124);
AT(dvt_record, expires, 128);
AT(dvt_record, revision, 136);

SIZE(dvt_write, 128); /* dvt_write_r2 */
AT(dvt_write, struct_size, 0);
AT(dvt_write, abi_major, 4);
AT(dvt_write, abi_minor, 6);
AT(dvt_write, collection, 8);
AT(dvt_write, key, 24);
AT(dvt_write, value, 40);
AT(dvt_write, expected_version, 96);
AT(dvt_write, expect, 104);
AT(dvt_write, durability, 108);
AT(dvt_write, expiry, 112);
AT(dvt_write, flags, 116);
AT(dvt_write, expires, 120);

SIZE(dvt_written, 32); /* dvt_written_r1 */
AT(dvt_written, struct_size, 0);
AT(dvt_written, abi_major, 4);
AT(dvt_written, abi_minor, 6);
AT(dvt_written, version, 8);
AT(dvt_written, revision, 16);
AT(dvt_written, durability, 24);
AT(dvt_written, reserved, 28);

SIZE(dvt_condition, 120); /* dvt_condition_r1 */
AT(dvt_condition, collection, 0);
AT(dvt_condition, key, 16);
AT(dvt_condition, subject, 32);
AT(dvt_condition, relation, 36);
AT(dvt_condition, number, 40);
AT(dvt_condition, field, 48);
AT(dvt_condition, value, 64);

SIZE(dvt_transaction, 56); /* dvt_transaction_r1 */
AT(dvt_transaction, struct_size, 0);
AT(dvt_transaction, abi_major, 4);
AT(dvt_transaction, abi_minor, 6);
AT(dvt_transaction, conditions, 8);
AT(dvt_transaction, condition_count, 16);
AT(dvt_transaction, writes, 24);
AT(dvt_transaction, write_count, 32);
AT(dvt_transaction, otherwise, 40);
AT(dvt_transaction, otherwise_count, 48);

SIZE(dvt_transacted, 24); /* dvt_transacted_r1 */
AT(dvt_transacted, struct_size, 0);
AT(dvt_transacted, abi_major, 4);
AT(dvt_transacted, abi_minor, 6);
AT(dvt_transacted, revision, 8);
AT(dvt_transacted, conditions_held, 16);
AT(dvt_transacted, durability, 20);

SIZE(dvt_listing, 80); /* dvt_listing_r1 */
AT(dvt_listing, struct_size, 0);
AT(dvt_listing, abi_major, 4);
AT(dvt_listing, abi_minor, 6);
AT(dvt_listing, collection, 8);
AT(dvt_listing, prefix, 24);
AT(dvt_listing, after, 40);
AT(dvt_listing, limit, 56);
AT(dvt_listing, snapshot, 64);

SIZE(dvt_query, 112); /* dvt_query_r1 */
AT(dvt_query, struct_size, 0);
AT(dvt_query, abi_major, 4);
AT(dvt_query, abi_minor, 6);
AT(dvt_query, text, 8);
AT(dvt_query, parameters, 24);
AT(dvt_query, cursor, 80);
AT(dvt_query, snapshot, 96);

SIZE(dvt_metadata_stats, 88); /* dvt_metadata_stats_r1 */
AT(dvt_metadata_stats, struct_size, 0);
AT(dvt_metadata_stats, abi_major, 4);
AT(dvt_metadata_stats, abi_minor, 6);
AT(dvt_metadata_stats, records, 8);
AT(dvt_metadata_stats, bytes, 16);
AT(dvt_metadata_stats, revision, 24);
AT(dvt_metadata_stats, reads, 32);
AT(dvt_metadata_stats, writes, 40);
AT(dvt_metadata_stats, conflicts, 48);
AT(dvt_metadata_stats, unsaved, 56);
AT(dvt_metadata_stats, watches, 64);
AT(dvt_metadata_stats, snapshots, 72);
AT(dvt_metadata_stats, own_snapshots, 80);

SIZE(dvt_watch, 152); /* dvt_watch_r2 */
AT(dvt_watch, struct_size, 0);
AT(dvt_watch, abi_major, 4);
AT(dvt_watch, abi_minor, 6);
AT(dvt_watch, name, 8);
AT(dvt_watch, collection, 24);
AT(dvt_watch, prefix, 40);
AT(dvt_watch, from_revision, 56);
AT(dvt_watch, key, 64);
AT(dvt_watch, condition, 80);
AT(dvt_watch, parameters, 96);

SIZE(dvt_metadata, 144); /* dvt_metadata_r2 */
AT(dvt_metadata, struct_size, 0);
AT(dvt_metadata, abi_major, 4);
AT(dvt_metadata, abi_minor, 6);
AT(dvt_metadata, get, 8);
AT(dvt_metadata, put, 16);
AT(dvt_metadata, remove, 24);
AT(dvt_metadata, list, 32);
AT(dvt_metadata, watch, 40);
AT(dvt_metadata, unwatch, 48);
AT(dvt_metadata, transact, 56);
AT(dvt_metadata, get_at, 64);
AT(dvt_metadata, history, 72);
AT(dvt_metadata, snapshot_open, 80);
AT(dvt_metadata, snapshot_close, 88);
AT(dvt_metadata, snapshot_get, 96);
AT(dvt_metadata, list_page, 104);
AT(dvt_metadata, flush, 112);
AT(dvt_metadata, stats, 120);
AT(dvt_metadata, query, 128);
AT(dvt_metadata, define, 136);

SIZE(dvt_kept_record, 88); /* dvt_kept_record_r1 */
AT(dvt_kept_record, collection, 0);
AT(dvt_kept_record, key, 16);
AT(dvt_kept_record, value, 32);
AT(dvt_kept_record, version, 48);
AT(dvt_kept_record, created, 56);
AT(dvt_kept_record, modified, 64);
AT(dvt_kept_record, expires, 72);
AT(dvt_kept_record, flags, 80);
AT(dvt_kept_record, reserved, 84);

SIZE(dvt_opening, 64); /* dvt_opening_r1 */
AT(dvt_opening, struct_size, 0);
AT(dvt_opening, abi_major, 4);
AT(dvt_opening, abi_minor, 6);
AT(dvt_opening, directory, 8);
AT(dvt_opening, options, 24);
AT(dvt_opening, context, 40);
AT(dvt_opening, record, 48);
AT(dvt_opening, note, 56);

SIZE(dvt_opened, 32); /* dvt_opened_r1 */
AT(dvt_opened, struct_size, 0);
AT(dvt_opened, abi_major, 4);
AT(dvt_opened, abi_minor, 6);
AT(dvt_opened, revision, 8);
AT(dvt_opened, format, 16);
AT(dvt_opened, known_format, 24);

SIZE(dvt_batch, 40); /* dvt_batch_r1 */
AT(dvt_batch, struct_size, 0);
AT(dvt_batch, abi_major, 4);
AT(dvt_batch, abi_minor, 6);
AT(dvt_batch, revision, 8);
AT(dvt_batch, records, 16);
AT(dvt_batch, count, 24);
AT(dvt_batch, durability, 32);
AT(dvt_batch, reserved, 36);

SIZE(dvt_sample, 32); /* dvt_sample_r1 */
AT(dvt_sample, name, 0);
AT(dvt_sample, time_ns, 16);
AT(dvt_sample, value, 24);

SIZE(dvt_provider, 136); /* dvt_provider_r1 */
AT(dvt_provider, struct_size, 0);
AT(dvt_provider, abi_major, 4);
AT(dvt_provider, abi_minor, 6);
AT(dvt_provider, name, 8);
AT(dvt_provider, strongest, 24);
AT(dvt_provider, flags, 28);
AT(dvt_provider, context, 32);
AT(dvt_provider, open, 40);
AT(dvt_provider, load, 48);
AT(dvt_provider, for_each, 56);
AT(dvt_provider, save, 64);
AT(dvt_provider, sync, 72);
AT(dvt_provider, save_session, 80);
AT(dvt_provider, load_session, 88);
AT(dvt_provider, close, 96);
AT(dvt_provider, backup, 104);
AT(dvt_provider, search, 112);
AT(dvt_provider, save_metrics, 120);
AT(dvt_provider, metrics, 128);

SIZE(dvt_persistence, 16); /* dvt_persistence_r1 */
AT(dvt_persistence, struct_size, 0);
AT(dvt_persistence, abi_major, 4);
AT(dvt_persistence, abi_minor, 6);
AT(dvt_persistence, provide, 8);

SIZE(dvt_route, 80); /* dvt_route_r1 */
AT(dvt_route, struct_size, 0);
AT(dvt_route, abi_major, 4);
AT(dvt_route, abi_minor, 6);
AT(dvt_route, from, 8);
AT(dvt_route, to, 24);
AT(dvt_route, name, 40);
AT(dvt_route, filters, 56);
AT(dvt_route, filter_count, 64);
AT(dvt_route, mode, 72);
AT(dvt_route, reserved, 76);

SIZE(dvt_routes, 24); /* dvt_routes_r1 */
AT(dvt_routes, struct_size, 0);
AT(dvt_routes, abi_major, 4);
AT(dvt_routes, abi_minor, 6);
AT(dvt_routes, add, 8);
AT(dvt_routes, remove, 16);

SIZE(dvt_event_type, 88); /* dvt_event_type_r1 */
AT(dvt_event_type, struct_size, 0);
AT(dvt_event_type, abi_major, 4);
AT(dvt_event_type, abi_minor, 6);
AT(dvt_event_type, topic, 8);
AT(dvt_event_type, summary, 24);
AT(dvt_event_type, datacontenttype, 40);
AT(dvt_event_type, schema, 56);
AT(dvt_event_type, dataschema, 72);

SIZE(dvt_event_types, 24); /* dvt_event_types_r1 */
AT(dvt_event_types, struct_size, 0);
AT(dvt_event_types, abi_major, 4);
AT(dvt_event_types, abi_minor, 6);
AT(dvt_event_types, declare, 8);
AT(dvt_event_types, withdraw, 16);

SIZE(dvt_timer, 40); /* dvt_timer_r1 */
AT(dvt_timer, struct_size, 0);
AT(dvt_timer, abi_major, 4);
AT(dvt_timer, abi_minor, 6);
AT(dvt_timer, name, 8);
AT(dvt_timer, delay_ms, 24);
AT(dvt_timer, interval_ms, 32);

SIZE(dvt_timers, 24); /* dvt_timers_r1 */
AT(dvt_timers, struct_size, 0);
AT(dvt_timers, abi_major, 4);
AT(dvt_timers, abi_minor, 6);
AT(dvt_timers, schedule, 8);
AT(dvt_timers, cancel, 16);

SIZE(dvt_log, 24); /* dvt_log_r1 */
AT(dvt_log, struct_size, 0);
AT(dvt_log, abi_major, 4);
AT(dvt_log, abi_minor, 6);
AT(dvt_log, write, 8);
AT(dvt_log, enabled, 16);

SIZE(dvt_config, 48); /* dvt_config_r1 */
AT(dvt_config, struct_size, 0);
AT(dvt_config, abi_major, 4);
AT(dvt_config, abi_minor, 6);
AT(dvt_config, get_json, 8);
AT(dvt_config, get_string, 16);
AT(dvt_config, get_int, 24);
AT(dvt_config, get_double, 32);
AT(dvt_config, get_bool, 40);

SIZE(dvt_executor, 16); /* dvt_executor_r1 */
AT(dvt_executor, struct_size, 0);
AT(dvt_executor, abi_major, 4);
AT(dvt_executor, abi_minor, 6);
AT(dvt_executor, submit, 8);

#endif

SIZE(dvt_validation, 56); /* dvt_validation_r1 */
AT(dvt_validation, struct_size, 0);
AT(dvt_validation, abi_major, 4);
AT(dvt_validation, abi_minor, 6);
AT(dvt_validation, pattern, 8);
AT(dvt_validation, name, 24);
AT(dvt_validation, priority, 40);
AT(dvt_validation, budget_ms, 44);
AT(dvt_validation, flags, 48);
AT(dvt_validation, reserved, 52);

SIZE(dvt_proposal, 48); /* dvt_proposal_r1 */
AT(dvt_proposal, collection, 0);
AT(dvt_proposal, key, 16);
AT(dvt_proposal, record, 32);
AT(dvt_proposal, value, 40);

SIZE(dvt_review, 48); /* dvt_review_r1 */
AT(dvt_review, struct_size, 0);
AT(dvt_review, abi_major, 4);
AT(dvt_review, abi_minor, 6);
AT(dvt_review, proposals, 8);
AT(dvt_review, proposal_count, 16);
AT(dvt_review, snapshot, 24);
AT(dvt_review, revision, 40);

SIZE(dvt_amending, 24); /* dvt_amending_r1 */
AT(dvt_amending, struct_size, 0);
AT(dvt_amending, abi_major, 4);
AT(dvt_amending, abi_minor, 6);
AT(dvt_amending, context, 8);
AT(dvt_amending, amend, 16);

SIZE(dvt_validators, 24); /* dvt_validators_r1 */
AT(dvt_validators, struct_size, 0);
AT(dvt_validators, abi_major, 4);
AT(dvt_validators, abi_minor, 6);
AT(dvt_validators, validate, 8);
AT(dvt_validators, release, 16);

SIZE(dvt_execution, 64); /* dvt_execution_r1 */
AT(dvt_execution, struct_size, 0);
AT(dvt_execution, abi_major, 4);
AT(dvt_execution, abi_minor, 6);
AT(dvt_execution, service, 8);
AT(dvt_execution, fallback, 24);
AT(dvt_execution, breaker, 40);
AT(dvt_execution, time_limit_ms, 56);
AT(dvt_execution, flags, 60);

SIZE(dvt_executed, 16); /* dvt_executed_r1 */
AT(dvt_executed, struct_size, 0);
AT(dvt_executed, abi_major, 4);
AT(dvt_executed, abi_minor, 6);
AT(dvt_executed, cause, 8);
AT(dvt_executed, reserved, 12);

SIZE(dvt_breaker, 56); /* dvt_breaker_r1 */
AT(dvt_breaker, struct_size, 0);
AT(dvt_breaker, abi_major, 4);
AT(dvt_breaker, abi_minor, 6);
AT(dvt_breaker, state, 8);
AT(dvt_breaker, reserved, 12);
AT(dvt_breaker, calls, 16);
AT(dvt_breaker, failed, 24);
AT(dvt_breaker, slow, 32);
AT(dvt_breaker, rejected, 40);
AT(dvt_breaker, probes_in_ms, 48);

SIZE(dvt_resilience, 24); /* dvt_resilience_r1 */
AT(dvt_resilience, struct_size, 0);
AT(dvt_resilience, abi_major, 4);
AT(dvt_resilience, abi_minor, 6);
AT(dvt_resilience, execute, 8);
AT(dvt_resilience, breaker, 16);
