package import CDovetail

/// Memory that lives for one call of the ABI: text and arrays that a struct of the ABI points into.
///
/// Safe: every pointer that it hands out is valid until the arena is released, and callers keep it over the call.
@safe package final class Arena {
  /// An empty one.
  package init() {}

  private var blocks: [UnsafeMutableRawPointer] = unsafe []

  /// A copy of text.
  package func text(_ string: String) -> dvt_str {
    unsafe string.borrowed { text in
      unsafe dvt_str(ptr: copy(text.raw)?.assumingMemoryBound(to: UInt8.self), len: text.len)
    }
  }

  /// A copy of bytes.
  package func bytes(_ array: [UInt8]) -> dvt_bytes {
    unsafe array.withUnsafeBytes { source in
      unsafe dvt_bytes(
        ptr: copy(source)?.assumingMemoryBound(to: UInt8.self), len: UInt64(source.count))
    }
  }

  /// A copy of names and values.
  package func attributes(_ pairs: [(name: String, value: String)]) -> UnsafePointer<dvt_attribute>?
  {
    unsafe array(pairs.map { unsafe dvt_attribute(name: text($0.name), value: text($0.value)) })
  }

  /// A copy of plain structs, or `nil` when there are none.
  package func array<Element: BitwiseCopyable>(_ elements: [Element]) -> UnsafePointer<Element>? {
    unsafe elements.withUnsafeBytes { source in
      unsafe copy(source).map { unsafe UnsafePointer($0.assumingMemoryBound(to: Element.self)) }
    }
  }

  private func copy(_ source: UnsafeRawBufferPointer) -> UnsafeMutableRawPointer? {
    guard let start = source.baseAddress, source.count > 0 else { return nil }
    let block = UnsafeMutableRawPointer.allocate(byteCount: source.count, alignment: 16)
    unsafe block.copyMemory(from: start, byteCount: source.count)
    unsafe blocks.append(block)
    return unsafe block
  }

  deinit {
    unsafe blocks.forEach { unsafe $0.deallocate() }
  }
}
