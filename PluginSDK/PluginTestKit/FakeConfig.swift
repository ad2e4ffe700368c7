import CDovetail
import PluginSDK

/// `dovetail.config/1`.
enum FakeConfig {
  static func table() -> dvt_config {
    var table = dvt_config.headed()
    unsafe table.get_json = { host, pointer, out, error in
      unsafe FakeConfig.read(host, pointer, error) { unsafe FakeConfig.write($0.json, out) }
    }
    unsafe table.get_string = { host, pointer, out, error in
      unsafe FakeConfig.read(host, pointer, error) {
        guard case .string(let text) = $0 else { return DVT_INVALID }
        return unsafe FakeConfig.write(Array(text.utf8), out)
      }
    }
    unsafe table.get_int = { host, pointer, out, error in
      unsafe FakeConfig.read(host, pointer, error) {
        guard case .int(let number) = $0 else { return DVT_INVALID }
        unsafe out?.pointee = number
        return DVT_OK
      }
    }
    unsafe table.get_double = { host, pointer, out, error in
      unsafe FakeConfig.read(host, pointer, error) {
        switch $0 {
        case .int(let number): unsafe out?.pointee = Double(number)
        case .double(let number): unsafe out?.pointee = number
        default: return DVT_INVALID
        }
        return DVT_OK
      }
    }
    unsafe table.get_bool = { host, pointer, out, error in
      unsafe FakeConfig.read(host, pointer, error) {
        guard case .bool(let flag) = $0 else { return DVT_INVALID }
        unsafe out?.pointee = flag ? 1 : 0
        return DVT_OK
      }
    }
    return table
  }

  private static func read(
    _ host: UnsafePointer<dvt_host>?, _ pointer: dvt_str,
    _ error: UnsafePointer<dvt_error_sink>?, _ body: (Settings) -> Int32
  ) -> Int32 {
    guard let core = unsafe Seat.of(host)?.core else { return DVT_INVALID }
    guard let setting = unsafe core.settings.find(pointer.string) else {
      unsafe PluginError(.notFound, unsafe "no setting \"\(pointer.string)\"", domain: "dovetail")
        .report(to: unsafe error)
      return DVT_NOT_FOUND
    }
    let code = body(setting)
    guard code == DVT_INVALID else { return code }
    return unsafe FakeEvents.refuse(
      error, unsafe "the setting \"\(pointer.string)\" has another type")
  }

  private static func write(_ bytes: [UInt8], _ out: UnsafePointer<dvt_sink>?) -> Int32 {
    unsafe bytes.withUnsafeBufferPointer {
      unsafe out?.pointee.write(out?.pointee.context, $0.baseAddress, UInt64($0.count))
        ?? DVT_INVALID
    }
  }
}
