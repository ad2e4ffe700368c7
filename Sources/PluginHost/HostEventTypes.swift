import EventBus
import HostSupport

/// What the host's own events are: the one place that says so.
///
/// The catalogue shows them; they are not held against their schemas at publish, because the tests do that.
enum HostEventTypes {
  private enum Kind: String {
    case string, integer, number, boolean
  }

  /// A topic or pattern, what its events say, and the members of their data; those whose name ends with `?` may be missing.
  private static let table:
    [(topic: String, summary: String, members: KeyValuePairs<String, Kind>)] =
      [
        (
          "system.pre_startup",
          "all plugins had their pre_init; an interceptor that refuses it stops the start",
          ["plugins": .integer]
        ),
        ("system.startup", "the host has started", ["plugins": .integer]),
        ("system.shutdown", "the host is about to end; all plugins still serve", [:]),
        ("system.post_shutdown", "all plugins had their pre_cleanup, and none its cleanup", [:]),
        (
          "system.retired_budget",
          "images that stay mapped hold more than the configuration allows",
          ["images": .integer, "bytes": .integer, "warning": .string]
        ),
        (
          "system.safe_mode",
          "the host started with less than everything (known-good, no-plugins), or left that (off)",
          ["level": .string, "cause": .string]
        ),
        (
          "plugin.discovered", "a plugin was found in the folder",
          ["path": .string, "version": .string]
        ),
        (
          "plugin.loaded", "the image of a build is mapped and speaks the host's ABI",
          ["version": .string, "generation": .integer]
        ),
        ("plugin.active", "a plugin serves", ["version": .string, "generation": .integer]),
        (
          "plugin.failed", "a step of a plugin's life failed, or it crashed",
          ["phase": .string, "error": .string]
        ),
        (
          "plugin.crashed", "plugin code crashed; 'dovetail crashes show REPORT' tells the whole",
          [
            "report": .integer, "version": .string, "hash": .string, "generation": .integer,
            "outcome": .string, "cause": .string, "place": .string, "signal": .string,
          ]
        ),
        (
          "plugin.reloaded", "a new build took over",
          ["from": .string, "to": .string, "generation": .integer, "pause_ms": .number]
        ),
        (
          "plugin.rolledback", "a reload was given up, or taken back; the former build serves",
          ["reason": .string, "to?": .string, "generation?": .integer]
        ),
        (
          "plugin.restarted", "the worker of an isolated plugin ended, and the next one serves",
          ["generation": .integer, "cause": .string]
        ),
        ("plugin.unloaded", "a plugin was ended", ["image": .string]),
        (
          "plugin.quarantined", "a build is not tried again until an operator clears it",
          ["cause": .string, "hash": .string]
        ),
        (
          "plugin.budget", "a plugin uses more than its budget allows",
          ["resource": .string, "used": .integer, "budget": .integer]
        ),
        (
          "health.changed", "a plugin is healthy, degraded, unhealthy or unknown from now on",
          ["from": .string, "to": .string, "reason": .string, "generation": .integer]
        ),
        (
          "health.action", "something is done, or not done any more, about an unhealthy plugin",
          ["action": .string, "reason": .string]
        ),
        (
          "health.host", "the host became live or ready, or is not any more",
          ["live": .boolean, "ready": .boolean, "reason": .string]
        ),
        (
          "metadata.changed", "a record was written or removed",
          [
            "collection": .string, "key": .string, "version": .integer, "revision": .integer,
            "deleted": .boolean,
          ]
        ),
        (
          "metadata.resync", "so many changes came that single ones are not told",
          ["revision": .integer]
        ),
        (
          "bus.lag", "a queue has three quarters of its places taken",
          ["subscription": .string, "topic": .string, "queued": .integer, "capacity": .integer]
        ),
        (
          "bus.handler.timeout", "a handler runs past its time limit",
          ["subscription": .string, "topic": .string, "limit_ms": .integer]
        ),
        (
          "breaker.opened", "the circuit breaker of a service rejects calls",
          [
            "service": .string, "provider": .string, "caller": .string, "label": .string,
            "change": .integer, "reason": .string, "probes_in_ms": .integer,
          ]
        ),
        (
          "breaker.half_open", "it permits a few calls, to see how they go",
          [
            "service": .string, "provider": .string, "caller": .string, "label": .string,
            "change": .integer,
          ]
        ),
        (
          "breaker.closed", "it permits calls again",
          [
            "service": .string, "provider": .string, "caller": .string, "label": .string,
            "change": .integer,
          ]
        ),
        ("bus.recorder.suspended", "events are not recorded", ["error": .string]),
        ("bus.recorder.resumed", "events are recorded again", ["lost": .integer]),
        (
          "loss.*", "something was lost, refused, or ran out of time",
          ["count": .integer, "total": .integer]
        ),
      ]

  /// Everything that the host declares of its own events.
  static func declarations() throws(BusError) -> [EventType.Declaration] {
    var all: [EventType.Declaration] = []
    for (topic, summary, members) in table {
      all.append(
        EventType.Declaration(
          try TopicPattern(topic), summary: summary, contentType: "application/json",
          schema: try? JSONSchema(schema(of: members)), policy: .off))
    }
    all.append(
      EventType.Declaration(
        try TopicPattern("dead.>"), summary: "an event that was given up, as it was published",
        policy: .off))
    return all
  }

  private static func schema(of members: KeyValuePairs<String, Kind>) -> JSON {
    var properties: [String: JSON] = [:]
    var required: [JSON] = []
    for (name, kind) in members {
      let isOptional = name.hasSuffix("?")
      let name = isOptional ? String(name.dropLast()) : name
      properties[name] = .object(["type": .string(kind.rawValue)])
      if !isOptional { required.append(.string(name)) }
    }
    return .object([
      "type": .string("object"), "properties": .object(properties), "required": .array(required),
    ])
  }
}
