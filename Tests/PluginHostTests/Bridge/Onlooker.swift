import HostSupport
import Synchronization
import TestSupport

@testable import PluginHost

/// Does everything that a host can be asked while some plugin's callback does not return.
final class Onlooker: Sendable {
  private let host: Host
  private let guest: String
  private let served = Atomic<Int>(0)

  init(_ host: Host, guest: String) {
    self.host = host
    self.guest = guest
  }

  /// The plugin that acts on its behalf: events, services, timers, records, on a thread that is not in the callback.
  static let helper = ProbePlugin.meddling("helper")
    .declaring(
      """
      static int handled;
      static int32_t on_other(void *c, const dvt_event *e, const dvt_error_sink *s) {
        __atomic_add_fetch(&handled, 1, __ATOMIC_SEQ_CST); return DVT_OK;
      }
      static int32_t on_all(void *c, const dvt_request *r, const dvt_sink *to, const dvt_error_sink *s) {
        everything("all"); return DVT_OK;
      }
      static int32_t on_handled(void *c, const dvt_request *r, const dvt_sink *to, const dvt_error_sink *s) {
        char text[16]; snprintf(text, sizeof text, "%d", handled); return reply(to, text);
      }
      """
    )
    .doing(
      "init",
      """
      subscribe("other.sync", "sync", on_other, DVT_DELIVERY_SYNC);
      subscribe("other.async", "async", on_other, DVT_DELIVERY_ASYNC);
      provide("helper.all", on_all);
      provide("helper.handled", on_handled);
      """)

  /// Does it all on a thread of its own.
  ///
  /// - Parameter loads: Whether the control thread is free: then a plugin is loaded and unloaded too.
  /// - Returns: What failed or had not ended within ten seconds; `nil` when all is well.
  func problem(loads: Bool) -> String? {
    let progress = Monitor<(step: String, isDone: Bool)>(("nothing", false))
    let thread = try? Thread(name: "onlooker") { [self] in
      do {
        for (name, step) in steps(loads: loads) {
          progress.update { $0.step = name }
          try step()
        }
        progress.update { $0 = ("", true) }
      } catch {
        progress.update { $0 = ("\($0.step): \(error)", true) }
      }
    }
    thread?.detach()
    _ = progress.wait(until: .after(milliseconds: 10_000)) { $0.isDone ? true : nil }
    let (step, isDone) = progress.withLock { $0 }
    if isDone { return step.isEmpty ? nil : step }
    return "\(step) has not ended"
  }

  private func steps(loads: Bool) -> [(String, () throws -> Void)] {
    [
      ("list", { _ = try self.host.list() }), ("info", { _ = try self.host.info("prober") }),
      ("why", { _ = try self.host.why("prober") }), ("graph", { _ = try self.host.graph() }),
      ("host", { _ = try self.host.hostReport() }), ("metrics", { _ = try self.host.metrics() }),
      ("quarantine", { _ = try self.host.quarantineList() }),
      ("recent events", { _ = try self.host.recentEvents(pattern: ">", limit: 10) }),
      ("events", events), ("services", { try self.call("helper.all") }), ("records", records),
    ] + (loads ? [("load and unload", load)] : [])
  }

  private func events() throws {
    let tapped = Monitor(0)
    let tap = try host.tap(pattern: "other.>") { _ in tapped.update { $0 += 1 } }
    defer { tap.cancel() }
    for topic in ["other.sync", "other.async"] {
      _ = try host.publish(type: topic, payload: Payload(), subject: nil)
    }
    let wanted = served.add(2, ordering: .relaxed).newValue
    guard
      try Condition.holds(
        milliseconds: 8_000, { Int(try call("helper.handled")) ?? 0 >= wanted }),
      tapped.wait(until: .after(milliseconds: 8_000), { $0 >= 2 ? true : nil }) == true
    else { throw Late("the delivery of an event") }
  }

  private func records() throws {
    let seen = Monitor(0)
    let watch = try host.metaWatch(collection: "other", prefix: "", from: nil) { _ in
      seen.update { $0 += 1 }
    }
    defer { watch.cancel() }
    _ = try host.metaPut(collection: "other", key: "k", value: .int(1), version: nil)
    _ = try host.metaGet(collection: "other", key: "k")
    _ = try host.metaList(collection: "other", prefix: "")
    guard seen.wait(until: .after(milliseconds: 8_000), { $0 >= 1 ? true : nil }) == true else {
      throw Late("the report of a change")
    }
  }

  private func load() throws {
    _ = try host.load(guest, deadline: .after(milliseconds: 8_000))
    _ = try host.unload("guest", deadline: .after(milliseconds: 8_000))
  }

  @discardableResult
  private func call(_ service: String) throws -> String {
    let reply = try host.call(
      service: service, payload: Payload(), deadline: .after(milliseconds: 8_000))
    return String(decoding: reply.bytes, as: UTF8.self)
  }

  /// Something that another thread should have done.
  struct Late: Error, CustomStringConvertible {
    let description: String
    init(_ what: String) { description = "\(what) is late" }
  }
}
