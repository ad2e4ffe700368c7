import CDovetail
import CHostSupport

/// The functions of `dvt_host`, and the interfaces that plugins ask for by name.
@safe enum HostTable {
  /// A fresh `dvt_host`.
  static func make() -> dvt_host {
    unsafe dvt_host(
      struct_size: UInt32(MemoryLayout<dvt_host>.size), abi_major: UInt16(DVT_ABI_MAJOR),
      abi_minor: UInt16(DVT_ABI_MINOR),
      get_interface: { (_: UnsafePointer<dvt_host>?, name: dvt_str) -> UnsafeRawPointer? in
        let side = hs_side_set(HS_SIDE_HOST)
        defer { _ = hs_side_set(side) }
        return unsafe HostTable.interface(name.text)
      },
      buffer_create: { host, length, out in
        unsafe ABIEntry.call(host, nil) { _ throws(ErrorReport) in
          guard let out = unsafe out, length > 0 else { return DVT_INVALID }
          guard length <= CountedBuffer.largest else { return DVT_TOO_LARGE }
          guard let buffer = unsafe CountedBuffer.make(length) else { return DVT_FULL }
          unsafe out.pointee = buffer
          return DVT_OK
        }
      },
      buffer_retain: { buffer in unsafe CountedBuffer.retain(buffer) },
      buffer_release: { buffer in unsafe CountedBuffer.release(buffer) })
  }

  private static func interface(_ name: String) -> UnsafeRawPointer? {
    switch name {
    case DVT_LOG_INTERFACE: unsafe LogInterface.table
    case DVT_CONFIG_INTERFACE: unsafe ConfigInterface.table
    case DVT_EVENTS_INTERFACE: unsafe EventsInterface.table
    case DVT_SERVICES_INTERFACE: unsafe ServicesInterface.table
    case DVT_REQUESTS_INTERFACE: unsafe RequestsInterface.table
    case DVT_METADATA_INTERFACE: unsafe MetadataInterface.table
    case DVT_METADATA_INTERFACE_R1: unsafe MetadataInterface.firstTable
    case DVT_TIMERS_INTERFACE: unsafe TimersInterface.table
    case DVT_EXECUTOR_INTERFACE: unsafe ExecutorInterface.table
    case DVT_EVENT_TYPES_INTERFACE: unsafe EventTypesInterface.table
    case DVT_INTERCEPTORS_INTERFACE: unsafe InterceptorsInterface.table
    case DVT_PERSISTENCE_INTERFACE: unsafe PersistenceInterface.table
    case DVT_RESILIENCE_INTERFACE: unsafe ResilienceInterface.table
    case DVT_ROUTES_INTERFACE: unsafe RoutesInterface.table
    case DVT_VALIDATORS_INTERFACE: unsafe ValidatorsInterface.table
    default: nil
    }
  }

  /// Puts an interface's functions into memory that is never freed.
  static func eternal<Table>(_ table: Table) -> UnsafeRawPointer {
    let place = UnsafeMutablePointer<Table>.allocate(capacity: 1)
    unsafe place.initialize(to: table)
    return UnsafeRawPointer(place)
  }
}
