/// The events that a host publishes of itself, with their payloads. The plugin that an event is about is its `subject`.
///
/// ```swift
/// try context.subscribe(to: HostEvents.pluginFailed) { failure, event in
///   context.log.warning("\(event.subject) failed in \(failure.phase): \(failure.error)")
/// }
/// ```
public enum HostEvents {}
