import CDovetail

/// `dovetail.validators/1`.
@safe enum ValidatorsInterface {
  nonisolated(unsafe) static let table = unsafe HostTable.eternal(
    dvt_validators(
      struct_size: UInt32(MemoryLayout<dvt_validators>.size), abi_major: UInt16(DVT_ABI_MAJOR),
      abi_minor: UInt16(DVT_ABI_MINOR),
      validate: { host, options, validator, context, out, error in
        unsafe ABIEntry.call(host, error) { instance throws(ErrorReport) in
          guard let validator = unsafe validator, let out = unsafe out else {
            throw ErrorReport(DVT_INVALID, "validator and out must not be NULL")
          }
          unsafe out.pointee = try ValidationReading.add(instance, options, validator, context)
          return DVT_OK
        }
      },
      release: { unsafe Withdrawal.run($0, $1, $2, $3, $4) }))
}
