import CDovetail
import MetadataStore

/// Reads what a plugin writes: every length, count and depth is checked before it is believed.
enum MetadataReading {
  /// Longer text is no name: the struct was not filled in.
  private static let longestName: UInt64 = 65_536
  /// Longer bytes are in no memory: the struct was not filled in.
  private static let longestBytes: UInt64 = 1 << 31

  /// The bytes of a name, to look it up.
  ///
  /// - Throws: DVT_INVALID.
  @inline(__always)
  static func name(
    _ given: dvt_str, _ what: StaticString
  ) throws(ErrorReport) -> UnsafeBufferPointer<UInt8> {
    guard unsafe given.len <= longestName, unsafe given.ptr != nil || given.len == 0 else {
      throw unsafe malformed(given.ptr, given.len, what)
    }
    return unsafe UnsafeBufferPointer(start: given.ptr, count: Int(given.len))
  }

  /// A name, copied.
  ///
  /// - Throws: DVT_INVALID.
  static func text(_ given: dvt_str, _ what: StaticString) throws(ErrorReport) -> String {
    guard let text = unsafe String(validating: unsafe try name(given, what), as: UTF8.self) else {
      throw ErrorReport(DVT_INVALID, "\(what) is not UTF-8")
    }
    return text
  }

  @inline(never)
  private static func malformed(
    _ start: UnsafePointer<UInt8>?, _ length: UInt64, _ what: StaticString
  ) -> ErrorReport {
    ErrorReport(
      DVT_INVALID,
      unsafe start == nil
        ? "\(what) is at NULL, but its length is \(length)"
        : "\(what) has the length \(length); is it filled in?")
  }

  /// Packs a value out of C structs.
  ///
  /// - Parameter value: Borrowed from the plugin.
  /// - Returns: The store's value.
  /// - Throws: DVT_INVALID or DVT_TOO_LARGE.
  static func value(_ value: dvt_value) throws(ErrorReport) -> PackedValue {
    var writer = PackedWriter(capacity: 480)
    try unsafe write(value, to: &writer)
    return PackedValue(writer)
  }

  private static func write(
    _ value: dvt_value, to writer: inout PackedWriter
  ) throws(ErrorReport) {
    switch unsafe value.kind {
    case DVT_VALUE_NULL: writer.null()
    case DVT_VALUE_BOOL: writer.bool(unsafe value.integer != 0)
    case DVT_VALUE_INT: writer.int(unsafe value.integer)
    case DVT_VALUE_DATE: writer.date(unsafe value.integer)
    case DVT_VALUE_DOUBLE:
      try packing { () throws(PackedWriter.Refusal) in try writer.double(unsafe value.number) }
    case DVT_VALUE_BYTES: unsafe writer.text(try bytes(value.bytes, writer), .bytes)
    case DVT_VALUE_STRING:
      let bytes = unsafe try bytes(value.bytes, writer)
      guard unsafe isUTF8(bytes) else { throw ErrorReport(.notText) }
      unsafe writer.text(bytes, .string)
    case DVT_VALUE_LIST, DVT_VALUE_MAP: try unsafe writeFields(value, to: &writer)
    case let kind: throw ErrorReport(DVT_INVALID, "value kind \(kind) is not one of DVT_VALUE_…")
    }
  }

  private static func isUTF8(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    (try? unsafe UTF8Span(validating: bytes.span)) != nil
  }

  private static func bytes(
    _ given: dvt_bytes, _ writer: PackedWriter
  ) throws(ErrorReport) -> UnsafeBufferPointer<UInt8> {
    guard unsafe given.len < longestBytes, unsafe given.ptr != nil || given.len == 0 else {
      throw unsafe malformed(given.ptr, given.len, "text or bytes of a value")
    }
    let count = unsafe Int(given.len)
    // Before the bytes are looked at.
    guard count <= MetadataValue.maximumSize - min(writer.weight, MetadataValue.maximumSize) else {
      throw ErrorReport(.tooLarge(writer.weight + count))
    }
    return unsafe UnsafeBufferPointer(start: given.ptr, count: count)
  }

  private static func writeFields(
    _ value: dvt_value, to writer: inout PackedWriter
  ) throws(ErrorReport) {
    let count = unsafe value.field_count
    guard unsafe value.fields != nil || count == 0 else {
      throw ErrorReport(DVT_INVALID, "a list or map has \(count) fields at NULL")
    }
    guard count <= MetadataValue.maximumSize / 8 else {
      throw ErrorReport(
        count < longestBytes ? DVT_TOO_LARGE : DVT_INVALID,
        "a list or map has \(count) fields; at most \(MetadataValue.maximumSize / 8) have room")
    }
    let isMap = unsafe value.kind == DVT_VALUE_MAP
    var container = try packing { () throws(PackedWriter.Refusal) in
      try writer.begin(isMap ? .map : .list)
    }
    for index in 0..<Int(count) {
      guard let field = unsafe value.fields.map({ unsafe $0 + index }) else { break }
      if isMap {
        let name = unsafe try name(field.pointee.name, "the name of a map's member")
        guard unsafe isUTF8(name) else { throw ErrorReport(.notText) }
        try packing { () throws(PackedWriter.Refusal) in
          unsafe try writer.name(name, of: &container)
        }
      } else {
        try packing { () throws(PackedWriter.Refusal) in try writer.element(of: &container) }
      }
      try unsafe write(field.pointee.value, to: &writer)
    }
    try packing { () throws(PackedWriter.Refusal) in try writer.end(container) }
  }

  @inline(__always)
  private static func packing<Result>(
    _ body: () throws(PackedWriter.Refusal) -> Result
  ) throws(ErrorReport) -> Result {
    do throws(PackedWriter.Refusal) { return try body() } catch { throw ErrorReport(error) }
  }
}

extension ErrorReport {
  /// Why a value cannot be recorded, as a plugin sees it.
  fileprivate init(_ refusal: PackedWriter.Refusal) {
    switch refusal {
    case .tooDeep:
      self.init(
        DVT_TOO_LARGE,
        "a value nests at most \(MetadataValue.maximumDepth) levels; flatten it")
    case .tooLarge(let size):
      self.init(
        DVT_TOO_LARGE,
        "a value has \(size) bytes or more; at most \(MetadataValue.maximumSize) are allowed, "
          + "so split it over several records")
    case .notFinite:
      self.init(DVT_INVALID, "a number of a value is not finite; use null or text instead")
    case .twice(let name): self.init(DVT_INVALID, "a map has the name '\(name)' twice")
    case .notText:
      self.init(DVT_INVALID, "a string value is not UTF-8; write it as DVT_VALUE_BYTES")
    }
  }
}

extension ErrorReport {
  /// An error of the store, as a plugin sees it.
  init(_ error: MetadataError) {
    let code =
      switch error {
      case .conflict: DVT_CONFLICT
      case .invalid: DVT_INVALID
      case .tooLarge: DVT_TOO_LARGE
      case .notFound: DVT_NOT_FOUND
      case .exists: DVT_EXISTS
      case .resyncNeeded, .closed, .notHeld, .unavailable: DVT_UNAVAILABLE
      case .quota: DVT_FULL
      case .vetoed: DVT_DENIED
      case .unsupported: DVT_UNSUPPORTED
      case .writesWhileJudging: DVT_WOULD_DEADLOCK
      default: DVT_FAILED
      }
    self.init(code, error.description)
  }
}
