import TestSupport

/// A plugin in C whose callbacks do what a test says, and leave a trace of having run.
struct ProbePlugin {
  var id: String
  var version = "1.0.0"
  /// Further members of the manifest, such as `"reload": "handoff"`.
  var manifest: [String] = []
  var requires: [String] = []
  /// C declarations before the callbacks.
  var globals = ""
  /// Bodies of callbacks, by name: `pre_init`, `init`, …, `cleanup`. They may use `host`, `error` and the helpers.
  var bodies: [String: String] = [:]
  /// Callbacks that are NULL.
  var without: Set<String> = []

  init(_ id: String, version: String = "1.0.0", requires: [String] = []) {
    self.id = id
    self.version = version
    self.requires = requires
  }

  func doing(_ callback: String, _ body: String) -> ProbePlugin {
    var copy = self
    copy.bodies[callback, default: ""] += body
    return copy
  }

  /// Lets a callback do something else than before.
  func instead(_ callback: String, _ body: String) -> ProbePlugin {
    var copy = self
    copy.bodies[callback] = body
    return copy
  }

  func with(_ member: String) -> ProbePlugin {
    var copy = self
    copy.manifest.append(member)
    return copy
  }

  func declaring(_ text: String) -> ProbePlugin {
    var copy = self
    copy.globals += text + "\n"
    return copy
  }

  func lacking(_ callback: String) -> ProbePlugin {
    var copy = self
    copy.without.insert(callback)
    return copy
  }

  var manifestText: String {
    let needs = requires.map { "\"\($0)\": \"*\"" }.joined(separator: ", ")
    let members =
      [
        "\"id\": \"\(id)\"", "\"version\": \"\(version)\"", "\"abi\": \"1.0\"",
        "\"requires\": {\(needs)}",
      ]
      + manifest
    return "{\(members.joined(separator: ", "))}"
  }

  private static let signatures: [(name: String, parameters: String)] = [
    ("pre_init", "const dvt_host *given, void **instance, const dvt_error_sink *error"),
    ("init", "const dvt_host *given, void **instance, const dvt_error_sink *error"),
    ("post_init", "void *instance, const dvt_error_sink *error"),
    ("quiesce", "void *instance, const dvt_error_sink *error"),
    ("resume", "void *instance, const dvt_error_sink *error"),
    ("save_state", "void *instance, const dvt_sink *out, const dvt_error_sink *error"),
    ("restore_state", "void *instance, const dvt_state *state, const dvt_error_sink *error"),
    ("health", "void *instance, const dvt_error_sink *error"),
    ("metrics", "void *instance, const dvt_metric_sink *out"),
    ("pre_cleanup", "void *instance, const dvt_error_sink *error"),
    ("cleanup", "void *instance, const dvt_error_sink *error"),
  ]

  /// The plugin's source; it appends a line `ID CALLBACK` to the trace file at each call.
  func source(trace: String) -> String {
    let bytes = manifestText.utf8.map { "\($0)" }.joined(separator: ",")
    let callbacks = Self.signatures.filter { !without.contains($0.name) }
    let functions = callbacks.map { callback in
      let opening = callback.parameters.contains("given") ? "host = given;" : ""
      let tracing =
        ["health", "metrics"].contains(callback.name) ? "" : "trace(\"\(callback.name)\");"
      return
        "static int32_t f_\(callback.name)(\(callback.parameters)) {\n  \(opening) \(tracing)\n"
        + "  \(bodies[callback.name] ?? "")\n  return DVT_OK;\n}\n"
    }
    let table = callbacks.map { ".\($0.name) = f_\($0.name)" }.joined(separator: ", ")
    return """
      #include <dovetail.h>
      #include <fcntl.h>
      #include <stdio.h>
      #include <string.h>
      #include <unistd.h>
      __attribute__((section("dovetail_manifest"), used)) static const unsigned char manifest[] = {\(bytes)};
      #define TRACE "\(trace)"
      #define ID "\(id)"
      #define VERSION "\(version)"
      \(Self.helpers)
      \(globals)
      \(functions.joined())
      static const dvt_plugin plugin = {sizeof(dvt_plugin), DVT_ABI_MAJOR, DVT_ABI_MINOR, \(table)};
      const dvt_plugin *dovetail_plugin(const dvt_handshake *h) { (void)h; return &plugin; }
      """
  }

  private static let helpers = #"""
    static const dvt_host *host;
    static char message[512];
    #define HEADER(type) sizeof(type), DVT_ABI_MAJOR, DVT_ABI_MINOR
    #define FACE(name, type) ((const type *)host->get_interface(host, S(name)))
    static inline dvt_str S(const char *text) { dvt_str s = {(const uint8_t *)text, strlen(text)}; return s; }
    static inline void trace(const char *what) {
      char line[1024];
      int n = snprintf(line, sizeof line, "%s %s\n", ID, what);
      int fd = open(TRACE, O_WRONLY | O_APPEND | O_CREAT, 0600);
      if (fd < 0) return; /* a call that its test did not wait for: the folder is gone, and nobody reads the trace */
      if (write(fd, line, n) != n) _exit(99);
      close(fd);
    }
    static inline int32_t fail(const dvt_error_sink *sink, const char *why) {
      dvt_error e = {HEADER(dvt_error), .code = DVT_FAILED, .domain = S(ID), .message = S(why)};
      if (sink) sink->report(sink->context, &e);
      return DVT_FAILED;
    }
    static void keep_error(void *context, const dvt_error *e) {
      snprintf((char *)context, sizeof message, "%.*s", (int)e->message.len, (const char *)e->message.ptr);
    }
    static const dvt_error_sink errors = {HEADER(dvt_error_sink), message, keep_error};
    /* Traces `what CODE message`. */
    static inline void told(const char *what, int32_t code) {
      char line[900];
      snprintf(line, sizeof line, code ? "%s %d %s" : "%s %d", what, code, message);
      message[0] = 0;
      trace(line);
    }
    static inline int32_t publish(const char *topic, const char *text) {
      dvt_event e = {HEADER(dvt_event), .type = S(topic), .data = {(const uint8_t *)text, strlen(text)}};
      return FACE(DVT_EVENTS_INTERFACE, dvt_events)->publish_named(host, &e, &errors);
    }
    static inline int32_t subscribe(const char *pattern, const char *name, dvt_handler handler, uint32_t delivery) {
      dvt_subscription o = {HEADER(dvt_subscription), .pattern = S(pattern), .name = S(name), .delivery = delivery};
      dvt_handle h;
      return FACE(DVT_EVENTS_INTERFACE, dvt_events)->subscribe(host, &o, handler, 0, &h, &errors);
    }
    static char output[4096];
    static uint64_t output_length;
    static int32_t write_output(void *context, const uint8_t *ptr, uint64_t len) {
      if (output_length + len >= sizeof output) return DVT_TOO_LARGE;
      memcpy(output + output_length, ptr, len);
      output[output_length += len] = 0;
      return DVT_OK;
    }
    static const dvt_sink sink = {HEADER(dvt_sink), 0, write_output};
    static inline void clear(void) { output[output_length = 0] = 0; }
    static inline int32_t provide(const char *name, dvt_service_handler handler) {
      dvt_handle h;
      return FACE(DVT_SERVICES_INTERFACE, dvt_services)->provide(host, S(name), handler, 0, &h, &errors);
    }
    static inline int32_t call(const char *name, const char *text, uint64_t milliseconds) {
      dvt_request r = {HEADER(dvt_request), .data = {(const uint8_t *)text, strlen(text)}, .deadline_ms = milliseconds};
      clear();
      return FACE(DVT_SERVICES_INTERFACE, dvt_services)->call(host, S(name), &r, &sink, &errors);
    }
    static inline int32_t reply(const dvt_sink *to, const char *text) {
      return to->write(to->context, (const uint8_t *)text, strlen(text));
    }
    """#
}
