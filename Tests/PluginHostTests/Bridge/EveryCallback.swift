import TestSupport

extension ProbePlugin {
  /// A meddling plugin that is at a place of its own in every kind of callback there is.
  static func everywhere(version: String = "1.0.0", failing: Bool = false) -> ProbePlugin {
    var plugin = meddling("prober", version: version).declaring(handlersAtPlaces)
    for phase in ["pre_init", "post_init", "quiesce", "resume", "save_state", "restore_state"] {
      plugin = plugin.doing(phase, "at(\"\(phase)\");")
    }
    for phase in ["health", "metrics", "pre_cleanup", "cleanup"] {
      plugin = plugin.doing(phase, "at(\"\(phase)\");")
    }
    return plugin.doing("init", failing ? "return DVT_FAILED;" : registrations)
  }

  private static let handlersAtPlaces = """
    static dvt_handle pending;
    static int32_t on_sync(void *c, const dvt_event *e, const dvt_error_sink *s) { at("sync"); return DVT_OK; }
    static int32_t on_async(void *c, const dvt_event *e, const dvt_error_sink *s) { at("async"); return DVT_OK; }
    static int32_t on_loaded(void *c, const dvt_event *e, const dvt_error_sink *s) { at("host-event"); return DVT_OK; }
    static int32_t on_service(void *c, const dvt_request *r, const dvt_sink *to, const dvt_error_sink *s) {
      at("service"); return DVT_OK;
    }
    static int32_t on_timer(void *c, const dvt_error_sink *s) { at("timer"); return DVT_OK; }
    static int32_t on_change(void *c, const dvt_record *r) { at("watch"); return DVT_OK; }
    static int32_t on_receiver(void *c, const dvt_record *r) { at("receiver"); return DVT_OK; }
    static int32_t on_sink(void *c, const uint8_t *ptr, uint64_t len) { at("sink"); return DVT_OK; }
    static void on_report(void *c, const dvt_error *e) { at("error-sink"); }
    static void on_ended(void *c, int32_t code) { at("completion"); }
    static void on_job(void *c) { at("job"); }
    static int32_t on_last(void *c, const dvt_event *e, const dvt_error_sink *s) {
      return FACE(DVT_EVENTS_INTERFACE, dvt_events)->unsubscribe(host, pending, on_ended, 0, &ignored) == DVT_PENDING
        ? DVT_OK : DVT_FAILED;
    }
    static const dvt_sink slow_sink = {HEADER(dvt_sink), 0, on_sink};
    static const dvt_error_sink slow_errors = {HEADER(dvt_error_sink), 0, on_report};
    static int32_t on_order(void *c, const dvt_request *r, const dvt_sink *to, const dvt_error_sink *s) {
      char what[32] = "";
      memcpy(what, r->data.ptr, r->data.len < 31 ? r->data.len : 31);
      dvt_timer soon = {HEADER(dvt_timer), .name = S("soon")};
      dvt_write write = {HEADER(dvt_write), .collection = S(ID), .key = S("shown")};
      dvt_handle h;
      if (!strcmp(what, "timer")) FACE(DVT_TIMERS_INTERFACE, dvt_timers)->schedule(host, &soon, on_timer, 0, &h, &ignored);
      if (!strcmp(what, "job")) FACE(DVT_EXECUTOR_INTERFACE, dvt_executor)->submit(host, on_job, 0);
      const dvt_metadata *metadata = FACE(DVT_METADATA_INTERFACE, dvt_metadata);
      if (!strcmp(what, "receiver")) {
        metadata->put(host, &write, 0, 0, 0, &ignored);
        metadata->list(host, S(ID), S("shown"), on_receiver, 0, &ignored);
        metadata->get(host, S(ID), S("shown"), on_receiver, 0, &ignored);
        write.expect = DVT_EXPECT_ABSENT;
        metadata->put(host, &write, 0, on_receiver, 0, &ignored);
      }
      if (!strcmp(what, "error-sink")) metadata->get(host, S(ID), S("none"), on_record, 0, &slow_errors);
      if (!strcmp(what, "sink")) FACE(DVT_CONFIG_INTERFACE, dvt_config)->get_json(host, S(""), &slow_sink, &ignored);
      return DVT_OK;
    }
    """

  private static let registrations = """
    at("init");
    const dvt_metadata *metadata = FACE(DVT_METADATA_INTERFACE, dvt_metadata);
    dvt_watch all = {HEADER(dvt_watch), .name = S("w"), .collection = S(ID), .prefix = S("watched")};
    dvt_subscription last = {HEADER(dvt_subscription), .pattern = S("probe.last"), .name = S("last")};
    dvt_handle h;
    subscribe("probe.sync", "sync", on_sync, DVT_DELIVERY_SYNC);
    subscribe("probe.async", "async", on_async, DVT_DELIVERY_ASYNC);
    subscribe("plugin.loaded", "loaded", on_loaded, DVT_DELIVERY_SYNC);
    FACE(DVT_EVENTS_INTERFACE, dvt_events)->subscribe(host, &last, on_last, 0, &pending, &errors);
    provide("probe.service", on_service);
    provide("probe.order", on_order);
    metadata->watch(host, &all, on_change, 0, &h, &errors);
    """
}
