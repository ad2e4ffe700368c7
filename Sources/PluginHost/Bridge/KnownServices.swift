import CBridge
import CHostSupport
import EventBus
import Synchronization

/// The services that one generation called and may call again without being asked; see `br_service`. Reading takes no lock.
///
/// Threading: any thread.
@safe final class KnownServices: @unchecked Sendable {
  // Safe: records are written under `records`, read as `br_service` says, and stay where they are until the object goes.
  /// Where they are found by their names.
  let names: UnsafeMutablePointer<hs_names>
  private let records = Mutex<[Record]>([])

  @safe private struct Record: @unchecked Sendable {
    // Safe: freed by its owner alone.
    let service: UnsafeMutablePointer<br_service>
    let name: EternalText
  }

  init() {
    guard let names = unsafe hs_names_create() else {
      preconditionFailure("no memory for a table of services")
    }
    unsafe self.names = unsafe names
  }

  deinit {
    unsafe hs_names_destroy(names)
    for record in records.withLock({ $0 }) {
      unsafe record.service.deallocate()
      record.name.free()
    }
  }

  /// Remembers what was found; of names that share a place the first one is remembered.
  ///
  /// - Parameters:
  ///   - name: Of the service.
  ///   - callable: Its offer's.
  ///   - version: `hs_services_version()`, read before the service was looked up.
  func note(_ name: String, _ callable: Callable, at version: UInt64) {
    records.withLock { records in
      let text = EternalText(name)
      let found = unsafe hs_names_find(names, text.value.ptr, text.value.len)
      if let found = unsafe found {
        let known = unsafe UnsafeMutableRawPointer(mutating: found)
        unsafe br_service_set(
          known.assumingMemoryBound(to: br_service.self), callable.entry, version)
        return text.free()
      }
      let service = UnsafeMutablePointer<br_service>.allocate(capacity: 1)
      unsafe service.initialize(to: br_service())
      unsafe br_service_set(service, callable.entry, version)
      unsafe hs_names_add(names, text.value.ptr, text.value.len, service)
      guard unsafe hs_names_find(names, text.value.ptr, text.value.len) != nil else {
        unsafe service.deallocate()
        return text.free()
      }
      records.append(unsafe Record(service: service, name: text))
    }
  }
}
