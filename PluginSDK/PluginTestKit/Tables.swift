import CDovetail
import PluginSDK

/// The interfaces by name.
enum Tables {
  // Safe: each is written once, before its first use, and only read ever after.
  nonisolated(unsafe) private static let config = unsafe made(FakeConfig.table())
  nonisolated(unsafe) private static let events = unsafe made(FakeEvents.table())
  nonisolated(unsafe) private static let eventTypes = unsafe made(FakeEventTypes.table())
  nonisolated(unsafe) private static let executor = unsafe made(FakeExecutor.table())
  nonisolated(unsafe) private static let interceptors = unsafe made(FakeInterceptors.table())
  nonisolated(unsafe) private static let log = unsafe made(FakeLog.table())
  nonisolated(unsafe) private static let metadata = unsafe made(FakeMetadata.table())
  nonisolated(unsafe) private static let persistence = unsafe made(FakePersistence.table())
  nonisolated(unsafe) private static let requests = unsafe made(FakeRequests.table())
  nonisolated(unsafe) private static let resilience = unsafe made(FakeResilience.table())
  nonisolated(unsafe) private static let routes = unsafe made(FakeRoutes.table())
  nonisolated(unsafe) private static let services = unsafe made(FakeServices.table())
  nonisolated(unsafe) private static let timers = unsafe made(FakeTimers.table())
  nonisolated(unsafe) private static let validators = unsafe made(FakeValidators.table())

  /// The table of an interface, or `nil` when there is none of that name.
  static func find(_ name: String) -> UnsafeRawPointer? {
    switch name {
    case DVT_CONFIG_INTERFACE: unsafe UnsafeRawPointer(config)
    case DVT_EVENTS_INTERFACE: unsafe UnsafeRawPointer(events)
    case DVT_EVENT_TYPES_INTERFACE: unsafe UnsafeRawPointer(eventTypes)
    case DVT_EXECUTOR_INTERFACE: unsafe UnsafeRawPointer(executor)
    case DVT_INTERCEPTORS_INTERFACE: unsafe UnsafeRawPointer(interceptors)
    case DVT_LOG_INTERFACE: unsafe UnsafeRawPointer(log)
    case DVT_METADATA_INTERFACE, DVT_METADATA_INTERFACE_R1: unsafe UnsafeRawPointer(metadata)
    case DVT_PERSISTENCE_INTERFACE: unsafe UnsafeRawPointer(persistence)
    case DVT_REQUESTS_INTERFACE: unsafe UnsafeRawPointer(requests)
    case DVT_RESILIENCE_INTERFACE: unsafe UnsafeRawPointer(resilience)
    case DVT_ROUTES_INTERFACE: unsafe UnsafeRawPointer(routes)
    case DVT_SERVICES_INTERFACE: unsafe UnsafeRawPointer(services)
    case DVT_TIMERS_INTERFACE: unsafe UnsafeRawPointer(timers)
    case DVT_VALIDATORS_INTERFACE: unsafe UnsafeRawPointer(validators)
    default: nil
    }
  }

  private static func made<Table>(_ table: Table) -> UnsafePointer<Table> {
    let memory = UnsafeMutablePointer<Table>.allocate(capacity: 1)
    unsafe memory.initialize(to: table)
    return unsafe UnsafePointer(memory)
  }
}
