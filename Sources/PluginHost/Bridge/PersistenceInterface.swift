import CDovetail

/// `dovetail.persistence/1`.
@safe enum PersistenceInterface {
  nonisolated(unsafe) static let table = unsafe HostTable.eternal(
    dvt_persistence(
      struct_size: UInt32(MemoryLayout<dvt_persistence>.size), abi_major: UInt16(DVT_ABI_MAJOR),
      abi_minor: UInt16(DVT_ABI_MINOR),
      provide: { host, provider, error in
        unsafe ABIEntry.call(host, error) { instance throws(ErrorReport) in
          guard let provider = unsafe provider else {
            throw ErrorReport(DVT_INVALID, "provider must not be NULL")
          }
          try ABIEntry.checkRegistering(instance)
          try instance.core.providers.add(
            unsafe PersistenceOffer(reading: provider, of: instance))
          return DVT_OK
        }
      }))
}
