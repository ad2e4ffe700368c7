import CDovetail
import PluginSDK
import Synchronization

/// Counted memory.
enum Buffers {
  // Safe: used only under the lock of `counts`; the memory lives as long as the object.
  @safe private final class Counted: @unchecked Sendable {
    var references = 1
    let buffer: UnsafeMutablePointer<dvt_buffer>

    init(_ count: Int) {
      unsafe buffer = .allocate(capacity: 1)
      var made = unsafe dvt_buffer.headed()
      let bytes = UnsafeMutableRawPointer.allocate(byteCount: count, alignment: 16)
      unsafe bytes.initializeMemory(as: UInt8.self, repeating: 0, count: count)
      unsafe made.ptr = unsafe bytes.assumingMemoryBound(to: UInt8.self)
      unsafe made.len = UInt64(count)
      unsafe buffer.initialize(to: made)
    }

    deinit {
      unsafe buffer.pointee.ptr?.deallocate()
      unsafe buffer.deallocate()
    }
  }

  private static let counts = Mutex<[UInt: Counted]>([:])

  /// Buffers that somebody still holds, for tests.
  static var live: Int { counts.withLock { $0.count } }

  /// Fills in the host's functions.
  static func install(in host: inout dvt_host) {
    unsafe host.buffer_create = { _, count, out in
      guard count > 0, count <= 1 << 30 else { return DVT_TOO_LARGE }
      let made = Counted(Int(count))
      unsafe out?.pointee = unsafe UnsafePointer(made.buffer)
      Buffers.counts.withLock { unsafe $0[UInt(bitPattern: made.buffer)] = made }
      return DVT_OK
    }
    unsafe host.buffer_retain = { buffer in
      Buffers.counts.withLock { $0[UInt(bitPattern: buffer)]?.references += 1 }
    }
    unsafe host.buffer_release = { buffer in
      Buffers.counts.withLock { counts in
        let key = UInt(bitPattern: buffer)
        counts[key]?.references -= 1
        if counts[key]?.references == 0 { counts[key] = nil }
      }
    }
  }
}
