import CDovetail
import CHostSupport
import Glibc

/// The memory behind `dvt_buffer`: a count, the struct that plugins see, and the bytes, in one block.
@safe enum CountedBuffer {
  /// Largest buffer, in bytes.
  static let largest: UInt64 = 1 << 30
  private static let header = 64

  /// Makes a zeroed buffer with one reference; `nil` when there is no memory.
  static func make(_ length: UInt64) -> UnsafePointer<dvt_buffer>? {
    guard let block = unsafe calloc(1, header + Int(length)) else { return nil }
    unsafe block.storeBytes(of: 1, as: Int64.self)
    let buffer = unsafe (block + 16).bindMemory(to: dvt_buffer.self, capacity: 1)
    unsafe buffer.initialize(
      to: dvt_buffer(
        struct_size: UInt32(MemoryLayout<dvt_buffer>.size), abi_major: UInt16(DVT_ABI_MAJOR),
        abi_minor: UInt16(DVT_ABI_MINOR), ptr: (block + header).assumingMemoryBound(to: UInt8.self),
        len: length))
    return unsafe UnsafePointer(buffer)
  }

  static func retain(_ buffer: UnsafePointer<dvt_buffer>?) {
    guard let buffer = unsafe buffer else { return }
    unsafe hs_reference_take(count(of: buffer))
  }

  static func release(_ buffer: UnsafePointer<dvt_buffer>?) {
    guard let buffer = unsafe buffer else { return }
    let count = unsafe count(of: buffer)
    if unsafe hs_reference_drop(count) != 0 { unsafe free(count) }
  }

  private static func count(of buffer: UnsafePointer<dvt_buffer>) -> UnsafeMutablePointer<Int64> {
    unsafe (UnsafeMutableRawPointer(mutating: buffer) - 16).assumingMemoryBound(to: Int64.self)
  }
}
