import Glibc
import HostSupport

/// The memory of this process.
enum ResidentMemory {
  /// Bytes that are in memory now; 0 when the system does not say.
  static var bytes: Int {
    guard let file = try? FileDescriptor.open("/proc/self/statm", O_RDONLY),
      let text = try? file.read(128, at: 0)
    else { return 0 }
    let fields = String(decoding: text, as: UTF8.self).split(separator: " ")
    return fields.count > 1 ? (Int(fields[1]) ?? 0) * Int(getpagesize()) : 0
  }
}
