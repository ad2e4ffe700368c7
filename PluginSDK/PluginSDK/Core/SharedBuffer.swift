import CDovetail

/// Memory of the host's that is written once, then immutable, and counted: large payloads travel in it uncopied.
///
/// Safe: `raw` stays readable while this object holds its reference, and nobody writes after creation.
@safe public final class SharedBuffer: @unchecked Sendable {
  let raw: UnsafePointer<dvt_buffer>
  private let link: HostLink

  /// Makes a buffer and fills it.
  ///
  /// - Parameters:
  ///   - context: The plugin's context.
  ///   - count: Bytes, 1…1 GiB.
  ///   - fill: Writes the bytes, which are zero before.
  /// - Throws: `tooLarge`, `full` (no memory) or `gone`.
  public init(
    _ context: PluginContext, count: Int, _ fill: (inout MutableRawSpan) -> Void
  ) throws(PluginError) {
    link = context.link
    guard let create = unsafe link.host.pointee.buffer_create else {
      throw HostLink.missing("counted buffers")
    }
    guard count > 0 else { throw PluginError(.invalid, "a buffer has at least one byte") }
    var made: UnsafePointer<dvt_buffer>?
    let code = unsafe create(link.host, UInt64(count), &made)
    guard code == DVT_OK, let made = unsafe made, let start = unsafe made.pointee.ptr else {
      let kind = PluginError.Code(rawValue: code)
      throw PluginError(kind, kind.name, domain: "dovetail")
    }
    unsafe raw = unsafe made
    var span = unsafe MutableRawSpan(
      _unsafeBytes: UnsafeMutableRawBufferPointer(start: start, count: count))
    fill(&span)
  }

  init(retaining raw: UnsafePointer<dvt_buffer>, _ link: HostLink) {
    unsafe link.host.pointee.buffer_retain?(raw)
    unsafe self.raw = unsafe raw
    self.link = link
  }

  /// Bytes in the buffer.
  public var count: Int { unsafe Int(raw.pointee.len) }

  /// The bytes, uncopied.
  public var bytes: RawSpan {
    @_lifetime(borrow self) get {
      let buffer = unsafe UnsafeRawBufferPointer(start: raw.pointee.ptr, count: count)
      return unsafe _overrideLifetime(RawSpan(_unsafeBytes: buffer), borrowing: self)
    }
  }

  deinit {
    unsafe link.host.pointee.buffer_release?(raw)
  }
}
