import CDovetail

// Text and bytes across the ABI: borrowed pointers in, copies out.

extension dvt_str {
  /// The text, copied; bytes that are not UTF-8 are replaced. An empty text when the pointer is NULL.
  var text: String {
    guard let ptr = unsafe ptr, unsafe len > 0 else { return "" }
    return unsafe String(
      decoding: UnsafeBufferPointer(start: ptr, count: Int(clamping: len)), as: UTF8.self)
  }
}

extension dvt_bytes {
  /// The bytes, copied.
  var array: [UInt8] {
    guard let ptr = unsafe ptr, unsafe len > 0 else { return [] }
    return unsafe Array(UnsafeBufferPointer(start: ptr, count: Int(clamping: len)))
  }
}

/// Lends a text as `dvt_str` while `body` runs.
func withText<Result>(_ text: String, _ body: (dvt_str) -> Result) -> Result {
  var text = text
  return text.withUTF8 { utf8 in
    unsafe body(dvt_str(ptr: utf8.baseAddress, len: UInt64(utf8.count)))
  }
}

/// Lends bytes as `dvt_bytes` while `body` runs.
func withBytes<Result>(_ bytes: [UInt8], _ body: (dvt_bytes) -> Result) -> Result {
  unsafe bytes.withUnsafeBufferPointer { buffer in
    unsafe body(dvt_bytes(ptr: buffer.baseAddress, len: UInt64(buffer.count)))
  }
}

/// Text of the host's that plugins may hold a pointer to as long as they are mapped: freed only by `free`.
@safe struct EternalText: @unchecked Sendable {
  // Safe: the memory is written once, and its owner frees it when no plugin can hold a pointer to it.
  let value: dvt_str

  init(_ text: String) {
    let bytes = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: max(1, text.utf8.count))
    _ = unsafe bytes.update(fromContentsOf: text.utf8)
    unsafe value = dvt_str(ptr: UnsafePointer(bytes.baseAddress), len: UInt64(text.utf8.count))
  }

  /// Frees the text; call it once.
  func free() { unsafe value.ptr?.deallocate() }
}
