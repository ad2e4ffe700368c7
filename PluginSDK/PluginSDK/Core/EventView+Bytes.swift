public import CDovetail

/// What an event says, as bytes where they lie. All text is UTF-8.
extension EventView {
  /// The payload.
  @inlinable public var data: RawSpan {
    // Safe: a byte has no padding.
    @_lifetime(borrow self) get { unsafe bytes.bytes }
  }

  /// The payload, byte by byte.
  @inlinable public var bytes: Span<UInt8> {
    @_lifetime(borrow self) get { unsafe lend(raw.pointee.data.ptr, raw.pointee.data.len) }
  }

  /// The topic.
  @inlinable public var typeBytes: Span<UInt8> {
    @_lifetime(borrow self) get { unsafe lend(raw.pointee.type) }
  }

  /// The id of the plugin that published it.
  @inlinable public var sourceBytes: Span<UInt8> {
    @_lifetime(borrow self) get { unsafe lend(raw.pointee.source) }
  }

  /// What it is about.
  @inlinable public var subjectBytes: Span<UInt8> {
    @_lifetime(borrow self) get { unsafe lend(raw.pointee.subject) }
  }

  /// The event's id; empty when source and sequence identify it.
  @inlinable public var idBytes: Span<UInt8> {
    @_lifetime(borrow self) get { unsafe lend(raw.pointee.id) }
  }

  /// The payload's media type; empty for plain bytes.
  @inlinable public var contentTypeBytes: Span<UInt8> {
    @_lifetime(borrow self) get { unsafe lend(raw.pointee.datacontenttype) }
  }

  /// The URI of the payload's schema.
  @inlinable public var dataSchemaBytes: Span<UInt8> {
    @_lifetime(borrow self) get { unsafe lend(raw.pointee.dataschema) }
  }

  /// The value of a further attribute; `nil` when the event has none of that name.
  @_lifetime(borrow self)
  public func attributeBytes(_ name: StaticString) -> Span<UInt8>? {
    let attributes = unsafe UnsafeBufferPointer(
      start: raw.pointee.extensions, count: Int(clamping: raw.pointee.extension_count))
    for index in attributes.indices {
      let attribute = unsafe attributes[index]
      if unsafe lend(attribute.name).equals(name) { return unsafe lend(attribute.value) }
    }
    return nil
  }

  /// The payload as one value that was published with `Topic.publish(value:)`; `nil` when it has another size.
  ///
  /// Unsafe: the bytes are taken as they are, so every pattern of bits must be a value of `Value`. Numbers are such, and structs
  /// and tuples of numbers; `Bool` and most enums are not. Both plugins must mean the same type.
  @unsafe @inlinable public func value<Value: BitwiseCopyable>(as type: Value.Type) -> Value? {
    let data = data
    guard data.byteCount == MemoryLayout<Value>.size else { return nil }
    return unsafe data.unsafeLoadUnaligned(as: type)
  }

  @_lifetime(borrow self)
  @inlinable @inline(__always) func lend(_ text: dvt_str) -> Span<UInt8> {
    unsafe lend(text.ptr, text.len)
  }

  @_lifetime(borrow self)
  @inlinable @inline(__always) func lend(
    _ start: UnsafePointer<UInt8>?, _ count: UInt64
  ) -> Span<UInt8> {
    let bytes = unsafe UnsafeBufferPointer(start: start, count: Int(clamping: count))
    return unsafe _overrideLifetime(Span(_unsafeElements: bytes), borrowing: self)
  }
}

extension Span where Element == UInt8 {
  /// Whether the bytes are those of a text.
  @inlinable public func equals(_ text: StaticString) -> Bool {
    guard count == text.utf8CodeUnitCount else { return false }
    for index in indices where unsafe self[index] != text.utf8Start[index] { return false }
    return true
  }
}
