import CDovetail
import EventBus
import HostSupport

/// `dovetail.log/1`.
@safe enum LogInterface {
  nonisolated(unsafe) static let table = unsafe HostTable.eternal(
    dvt_log(
      struct_size: UInt32(MemoryLayout<dvt_log>.size), abi_major: UInt16(DVT_ABI_MAJOR),
      abi_minor: UInt16(DVT_ABI_MINOR),
      write: { host, level, message, fields, count in
        unsafe ABIEntry.call(host, nil) { instance throws(ErrorReport) in
          guard let level = LogInterface.level(level), count <= 32 else { return DVT_INVALID }
          var message = unsafe message
          unsafe message.len = min(message.len, 64 << 10)
          var texts = ["generation": "\(instance.owner.generation)"]
          for index in 0..<Int(count) {
            guard let field = unsafe fields?[index] else { return DVT_INVALID }
            unsafe texts[field.name.text] = field.value.text
          }
          instance.core.log.log(level, instance.id, unsafe message.text, fields: texts)
          return DVT_OK
        }
      },
      enabled: { host, level in
        guard let instance = unsafe PluginInstance.behind(host),
          let level = LogInterface.level(level)
        else {
          return 0
        }
        return level >= instance.core.log.level ? 1 : 0
      }))

  private static func level(_ number: UInt32) -> LogLevel? {
    switch Int32(clamping: number) {
    case DVT_LOG_TRACE: .trace
    case DVT_LOG_DEBUG: .debug
    case DVT_LOG_INFO: .info
    case DVT_LOG_WARNING: .warning
    case DVT_LOG_ERROR: .error
    default: nil
    }
  }
}
