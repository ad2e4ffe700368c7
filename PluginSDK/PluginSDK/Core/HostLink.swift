import CDovetail

/// The host's tables of functions, looked up once. A table that this host does not have is `nil`.
///
/// Safe: the ABI promises that the host's struct and its tables stay readable while the image is mapped, and that every function
/// in them may be called from any thread.
@safe struct HostLink: @unchecked Sendable {
  let host: UnsafePointer<dvt_host>
  let config: UnsafePointer<dvt_config>?
  let events: UnsafePointer<dvt_events>?
  let eventTypes: UnsafePointer<dvt_event_types>?
  let executor: UnsafePointer<dvt_executor>?
  let interceptors: UnsafePointer<dvt_interceptors>?
  let log: UnsafePointer<dvt_log>?
  let metadata: UnsafePointer<dvt_metadata>?
  let requests: UnsafePointer<dvt_requests>?
  let routes: UnsafePointer<dvt_routes>?
  let services: UnsafePointer<dvt_services>?
  let timers: UnsafePointer<dvt_timers>?

  /// Looks every table up.
  init(_ host: UnsafePointer<dvt_host>) {
    unsafe self.host = unsafe host
    unsafe config = unsafe HostLink.find(host, "dovetail.config/1")
    unsafe events = unsafe HostLink.find(host, "dovetail.events/1")
    unsafe eventTypes = unsafe HostLink.find(host, "dovetail.event-types/1")
    unsafe executor = unsafe HostLink.find(host, "dovetail.executor/1")
    unsafe interceptors = unsafe HostLink.find(host, "dovetail.interceptors/1")
    unsafe log = unsafe HostLink.find(host, "dovetail.log/1")
    // What an older host has is the beginning of the newer table.
    unsafe metadata =
      unsafe HostLink.find(host, "dovetail.metadata/2")
      ?? HostLink.find(host, "dovetail.metadata/1")
    unsafe requests = unsafe HostLink.find(host, "dovetail.requests/1")
    unsafe routes = unsafe HostLink.find(host, "dovetail.routes/1")
    unsafe services = unsafe HostLink.find(host, "dovetail.services/1")
    unsafe timers = unsafe HostLink.find(host, "dovetail.timers/1")
  }

  static func find<Table>(
    _ host: UnsafePointer<dvt_host>, _ name: StaticString
  ) -> UnsafePointer<Table>? {
    guard let found = unsafe host.pointee.get_interface(host, name.borrowed) else { return nil }
    return unsafe found.assumingMemoryBound(to: Table.self)
  }

  /// The error for a table that this host does not have.
  static func missing(_ name: StaticString) -> PluginError {
    var message = "this host does not offer "
    unsafe message += String(
      decoding: unsafe UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount),
      as: UTF8.self)
    return PluginError(.unsupported, message + ": update the host", domain: "dovetail")
  }
}
