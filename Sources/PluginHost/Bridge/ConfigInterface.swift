import CBridge
import CDovetail
import HostSupport

/// `dovetail.config/1`.
@safe enum ConfigInterface {
  nonisolated(unsafe) static let table = unsafe HostTable.eternal(
    dvt_config(
      struct_size: UInt32(MemoryLayout<dvt_config>.size), abi_major: UInt16(DVT_ABI_MAJOR),
      abi_minor: UInt16(DVT_ABI_MINOR),
      get_json: { host, pointer, out, error in
        unsafe ABIEntry.call(host, error) { instance throws(ErrorReport) in
          try unsafe write(find(instance, pointer).text(), out)
        }
      },
      get_string: { host, pointer, out, error in
        unsafe ABIEntry.call(host, error) { instance throws(ErrorReport) in
          guard let text = try unsafe find(instance, pointer).string else {
            throw unsafe wrongType(pointer, "a string")
          }
          return try unsafe write(text, out)
        }
      },
      get_int: { host, pointer, out, error in
        unsafe ABIEntry.call(host, error) { instance throws(ErrorReport) in
          guard let value = try unsafe find(instance, pointer).int else {
            throw unsafe wrongType(pointer, "an integer of 64 bits")
          }
          unsafe out?.pointee = value
          return DVT_OK
        }
      },
      get_double: { host, pointer, out, error in
        unsafe ABIEntry.call(host, error) { instance throws(ErrorReport) in
          guard let value = try unsafe find(instance, pointer).double else {
            throw unsafe wrongType(pointer, "a number")
          }
          unsafe out?.pointee = value
          return DVT_OK
        }
      },
      get_bool: { host, pointer, out, error in
        unsafe ABIEntry.call(host, error) { instance throws(ErrorReport) in
          guard let value = try unsafe find(instance, pointer).bool else {
            throw unsafe wrongType(pointer, "a boolean")
          }
          unsafe out?.pointee = value ? 1 : 0
          return DVT_OK
        }
      }))

  private static func find(
    _ instance: PluginInstance, _ pointer: dvt_str
  ) throws(ErrorReport) -> JSON {
    let text = unsafe pointer.text
    guard let pointer = JSONPointer(text) else {
      throw ErrorReport(
        DVT_INVALID,
        "'\(text)' is not a JSON Pointer; it begins with '/', or is empty for all settings")
    }
    guard let value = pointer.value(in: instance.settings) else {
      throw ErrorReport(DVT_NOT_FOUND, "plugin \(instance.id) has no setting '\(text)'")
    }
    return value
  }

  private static func wrongType(_ pointer: dvt_str, _ wanted: String) -> ErrorReport {
    ErrorReport(DVT_INVALID, "setting '\(unsafe pointer.text)' is not \(wanted)")
  }

  private static func write(_ text: String, _ out: UnsafePointer<dvt_sink>?) throws(ErrorReport)
    -> Int32
  {
    guard let out = unsafe out, unsafe out.pointee.write != nil else {
      throw ErrorReport(DVT_INVALID, "the sink is NULL")
    }
    return unsafe withText(text) { text in
      unsafe br_sink_write(out, text.ptr, text.len)
    }
  }
}
