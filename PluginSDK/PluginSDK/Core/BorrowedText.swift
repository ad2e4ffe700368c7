package import CDovetail

extension dvt_str {
  /// A copy as a Swift string; bytes that are not UTF-8 are replaced.
  package var string: String {
    let bytes = unsafe UnsafeBufferPointer(start: ptr, count: Int(clamping: len))
    return unsafe String(decoding: bytes, as: UTF8.self)
  }

  /// The same memory as bytes.
  var raw: UnsafeRawBufferPointer {
    unsafe UnsafeRawBufferPointer(start: ptr, count: Int(clamping: len))
  }

  /// Lends memory to the ABI.
  init(_ buffer: UnsafeRawBufferPointer) {
    unsafe self.init(
      ptr: buffer.baseAddress?.assumingMemoryBound(to: UInt8.self), len: UInt64(buffer.count))
  }
}

extension dvt_bytes {
  /// A copy as an array.
  package var array: [UInt8] {
    unsafe [UInt8](UnsafeBufferPointer(start: ptr, count: Int(clamping: len)))
  }

  /// The same memory.
  var raw: UnsafeRawBufferPointer {
    unsafe UnsafeRawBufferPointer(start: ptr, count: Int(clamping: len))
  }

  /// Lends memory to the ABI.
  package init(_ buffer: UnsafeRawBufferPointer) {
    unsafe self.init(
      ptr: buffer.baseAddress?.assumingMemoryBound(to: UInt8.self), len: UInt64(buffer.count))
  }
}

extension String {
  /// Lends the string to one call of the ABI.
  package func borrowed<Result>(_ body: (dvt_str) -> Result) -> Result {
    var copy = self
    return copy.withUTF8 { unsafe body(dvt_str(ptr: $0.baseAddress, len: UInt64($0.count))) }
  }
}

extension StaticString {
  /// The string, which lives as long as the image.
  var borrowed: dvt_str {
    unsafe dvt_str(ptr: utf8Start, len: UInt64(utf8CodeUnitCount))
  }
}
