import CDovetail
import PluginSDK
import Synchronization

/// `dovetail.log/1`: every level is written.
enum FakeLog {
  static func table() -> dvt_log {
    var table = dvt_log.headed()
    unsafe table.enabled = { _, _ in 1 }
    unsafe table.write = { host, level, message, fields, count in
      guard let seat = unsafe Seat.of(host), let level = Log.Level(rawValue: level) else {
        return DVT_INVALID
      }
      let fields = unsafe UnsafeBufferPointer(start: fields, count: Int(count))
        .map { unsafe (name: $0.name.string, value: $0.value.string) }
      let line = unsafe LogLine(
        level: level, plugin: seat.plugin, message: message.string, fields: fields)
      seat.core.state.withLock { $0.log.append(line) }
      return DVT_OK
    }
    return table
  }
}

/// `dovetail.executor/1`: a thread a job.
enum FakeExecutor {
  static func table() -> dvt_executor {
    var table = dvt_executor.headed()
    unsafe table.submit = { _, job, context in
      guard let job = unsafe job, let context = unsafe context else { return DVT_INVALID }
      unsafe LooseThread.run(job, context)
      return DVT_OK
    }
    return table
  }
}
