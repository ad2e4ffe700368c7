import TestSupport

extension ProbePlugin {
  /// A plugin that, at each place that calls `at(PLACE)`, calls every function of every interface of the host, says that it is
  /// there (`TRACE.in.PLACE`), and stays until a test lets it go (`TRACE.go.PLACE`).
  static func meddling(_ id: String, version: String = "1.0.0") -> ProbePlugin {
    ProbePlugin(id, version: version)
      .with(#""state": {"schema": "m", "version": 1, "accepts": [1]}"#)
      .declaring(handlers).declaring(everything).declaring(places)
  }

  private static let handlers = """
    #include <sys/stat.h>
    static int32_t on_event(void *c, const dvt_event *e, const dvt_error_sink *s) { return DVT_OK; }
    static int32_t on_call(void *c, const dvt_request *r, const dvt_sink *to, const dvt_error_sink *s) { return DVT_OK; }
    static int32_t on_time(void *c, const dvt_error_sink *s) { return DVT_OK; }
    static int32_t on_record(void *c, const dvt_record *r) { return DVT_OK; }
    static int32_t on_bytes(void *c, const uint8_t *ptr, uint64_t len) { return DVT_OK; }
    static int32_t on_exchange(void *c, const dvt_exchange *x, const dvt_verdict *v, const dvt_error_sink *s) { return DVT_OK; }
    static int32_t on_reply(void *c, const dvt_reply *r) { return DVT_OK; }
    static int32_t on_replies(void *c, const dvt_request *q, const dvt_reply *r, uint64_t n, const dvt_sink *to,
                              const dvt_error_sink *s) { return DVT_OK; }
    static void on_done(void *c, int32_t code) {}
    static void on_error(void *c, const dvt_error *e) {}
    static void job(void *c) {}
    static const dvt_sink nowhere = {HEADER(dvt_sink), 0, on_bytes};
    static const dvt_error_sink ignored = {HEADER(dvt_error_sink), 0, on_error};
    static int is(const char *stem, const char *place) {
      char path[900]; struct stat s;
      snprintf(path, sizeof path, "%s.%s.%s", TRACE, stem, place);
      return stat(path, &s) == 0;
    }
    """

  private static let everything = """
    static void speak(dvt_str name) {
      const dvt_log *log = FACE(DVT_LOG_INTERFACE, dvt_log);
      const dvt_config *config = FACE(DVT_CONFIG_INTERFACE, dvt_config);
      int64_t i; double d; int32_t b;
      log->write(host, DVT_LOG_DEBUG, name, 0, 0);
      log->enabled(host, DVT_LOG_DEBUG);
      config->get_json(host, S(""), &nowhere, &ignored);
      config->get_string(host, S("/s"), &nowhere, &ignored);
      config->get_int(host, S("/i"), &i, &ignored);
      config->get_double(host, S("/d"), &d, &ignored);
      config->get_bool(host, S("/b"), &b, &ignored);
      const dvt_buffer *buffer;
      if (host->buffer_create(host, 64, &buffer)) return;
      host->buffer_retain(buffer);
      host->buffer_release(buffer);
      host->buffer_release(buffer);
    }
    static void register_all(dvt_str name) {
      const dvt_events *events = FACE(DVT_EVENTS_INTERFACE, dvt_events);
      const dvt_services *services = FACE(DVT_SERVICES_INTERFACE, dvt_services);
      const dvt_timers *timers = FACE(DVT_TIMERS_INTERFACE, dvt_timers);
      dvt_topic topic;
      dvt_handle handle;
      dvt_event event = {HEADER(dvt_event), .type = name};
      dvt_subscription how = {HEADER(dvt_subscription), .pattern = name, .name = name};
      dvt_request request = {HEADER(dvt_request), .deadline_ms = 2000};
      dvt_timer later = {HEADER(dvt_timer), .name = name, .delay_ms = 3600000};
      const dvt_requests *requests = FACE(DVT_REQUESTS_INTERFACE, dvt_requests);
      dvt_responder who = {HEADER(dvt_responder), .pattern = name, .name = name};
      if (!requests->respond(host, &who, on_call, 0, &handle, &ignored)) requests->withdraw(host, handle, on_done, 0, &ignored);
      if (!requests->combine(host, &who, on_replies, 0, &handle, &ignored)) requests->withdraw(host, handle, on_done, 0, &ignored);
      dvt_request asked = {HEADER(dvt_request), .deadline_ms = 100};
      requests->request(host, name, &asked, DVT_REPLIES_ALL, on_reply, 0, &ignored);
      const dvt_interceptors *interceptors = FACE(DVT_INTERCEPTORS_INTERFACE, dvt_interceptors);
      dvt_interception around = {HEADER(dvt_interception), .pattern = name, .name = name, .stages = 7};
      if (!interceptors->intercept(host, &around, on_exchange, 0, &handle, &ignored))
        interceptors->release(host, handle, on_done, 0, &ignored);
      const dvt_event_types *types = FACE(DVT_EVENT_TYPES_INTERFACE, dvt_event_types);
      dvt_event_type type = {HEADER(dvt_event_type), .topic = name, .schema = S("{}")};
      if (!types->declare(host, &type, &handle, &ignored)) types->withdraw(host, handle, &ignored);
      const dvt_routes *routes = FACE(DVT_ROUTES_INTERFACE, dvt_routes);
      dvt_route way = {HEADER(dvt_route), .from = name, .to = S("meddled")};
      if (!routes->add(host, &way, &handle, &ignored)) routes->remove(host, handle, &ignored);
      events->subscribe(host, &how, on_event, 0, &handle, &ignored);
      if (!events->topic(host, name, &topic, &ignored)) events->publish(host, topic, &event, &ignored);
      events->publish_named(host, &event, &ignored);
      events->unsubscribe(host, handle, on_done, 0, &ignored);
      services->provide(host, name, on_call, 0, &handle, &ignored);
      services->call(host, name, &request, &nowhere, &ignored);
      services->withdraw(host, handle, on_done, 0, &ignored);
      timers->schedule(host, &later, on_time, 0, &handle, &ignored);
      timers->cancel(host, handle, on_done, 0, &ignored);
      FACE(DVT_EXECUTOR_INTERFACE, dvt_executor)->submit(host, job, 0);
    }
    static void keep_records(dvt_str name) {
      const dvt_metadata *metadata = FACE(DVT_METADATA_INTERFACE, dvt_metadata);
      dvt_handle handle;
      dvt_write write = {HEADER(dvt_write), .collection = S(ID), .key = name};
      dvt_watch all = {HEADER(dvt_watch), .name = name, .collection = S(ID), .prefix = name};
      metadata->watch(host, &all, on_record, 0, &handle, &ignored);
      metadata->put(host, &write, 0, on_record, 0, &ignored);
      metadata->get(host, S(ID), name, on_record, 0, &ignored);
      metadata->list(host, S(ID), S(""), on_record, 0, &ignored);
      metadata->remove(host, &write, 0, on_record, 0, &ignored);
      metadata->unwatch(host, handle, on_done, 0, &ignored);
    }
    static void everything(const char *place) {
      char text[128];
      snprintf(text, sizeof text, "%s.%s", ID, place);
      speak(S(text));
      register_all(S(text));
      keep_records(S(text));
    }
    """

  private static let places = """
    static void at(const char *place) {
      char text[900];
      everything(place);
      snprintf(text, sizeof text, "%s.in.%s", TRACE, place);
      if (is("go", place)) return;
      close(open(text, O_WRONLY | O_CREAT, 0600));
      for (int i = 0; i < 15000; i++) { if (is("go", place)) return; usleep(1000); }
      snprintf(text, sizeof text, "starved in %s", place);
      trace(text);
    }
    """
}
