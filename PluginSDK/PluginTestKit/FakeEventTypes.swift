import CDovetail
import HostSupport
import PluginSDK
import Synchronization

/// `dovetail.event-types/1`. What is declared is kept as by a host that refuses.
enum FakeEventTypes {
  static func table() -> dvt_event_types {
    var table = dvt_event_types.headed()
    unsafe table.declare = { host, type, out, sink in
      guard let seat = unsafe Seat.of(host), let type = unsafe type?.pointee else {
        return DVT_INVALID
      }
      do throws(PluginError) {
        let entry = try unsafe FakeEventTypes.entry(type, seat)
        if let other = seat.core.state.withLock({ $0.declaration(against: entry) }) {
          throw PluginError(
            .exists,
            "'\(entry.pattern)' is declared by \(other) already, with another schema or content type",
            domain: "dovetail")
        }
        return unsafe seat.core.enter(entry, out)
      } catch {
        unsafe error.report(to: sink)
        return error.code.rawValue
      }
    }
    unsafe table.withdraw = { host, handle, _ in
      unsafe Seat.of(host)?.core.end(handle, nil, nil) ?? DVT_INVALID
    }
    return table
  }

  private static func entry(
    _ type: dvt_event_type, _ seat: Seat
  ) throws(PluginError) -> Entry {
    let entry = unsafe Entry(.eventType, seat, name: "", pattern: type.topic.string, nil)
    entry.matcher = TopicMatcher(entry.pattern, allowingWildcards: true)
    guard entry.matcher != nil else {
      throw .refusal("\"\(entry.pattern)\" is no pattern of topics")
    }
    entry.contentType = unsafe type.datacontenttype.string
    let text = unsafe type.schema.string
    guard !text.isEmpty else { return entry }
    do throws(JSONSchema.Refusal) { entry.schema = try JSONSchema(parsing: text.utf8) } catch {
      throw .refusal(error.description)
    }
    return entry
  }
}

extension HostCore {
  /// Why an event does not fit what was declared of its topic; `nil` when it does.
  func misfit(of event: Event, _ topic: String) -> PluginError? {
    let declared = state.withLock { state in
      state.entries.values.filter { $0.kind == .eventType && $0.matcher?.matches(topic) == true }
    }
    for entry in declared {
      guard let reason = entry.problem(of: event) else { continue }
      return .refusal(
        "an event of \(event.source) does not fit what \(entry.seat.plugin) declared of '\(topic)': \(reason)"
      )
    }
    return nil
  }
}

extension HostCore.State {
  /// Who declared the same topic otherwise.
  fileprivate func declaration(against entry: Entry) -> String? {
    entries.values.first { other in
      guard other.kind == .eventType, other.pattern == entry.pattern,
        other.seat === entry.seat || other.seat.plugin != entry.seat.plugin
      else { return false }
      if let schema = entry.schema, let theirs = other.schema, schema != theirs { return true }
      return !entry.contentType.isEmpty && !other.contentType.isEmpty
        && entry.contentType != other.contentType
    }?.seat.plugin
  }
}

extension Entry {
  fileprivate func problem(of event: Event) -> String? {
    let type = String(event.contentType.prefix { $0 != ";" })
    if !contentType.isEmpty, type != contentType { return "its data must be \(contentType)" }
    guard let schema else { return nil }
    guard type == "application/json" || type.hasSuffix("+json") else {
      return "its data must be JSON"
    }
    return schema.violation(in: event.data.span)?.description
  }
}
