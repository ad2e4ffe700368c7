/// A value in packed form, checked against the limits of values; what writes carry.
public struct PackedValue: Sendable, Equatable {
  /// The packed bytes; of no use when `refusal` is set.
  let bytes: [UInt8]
  /// Why it cannot be recorded.
  let refusal: PackedWriter.Refusal?

  /// Packs a value.
  ///
  /// - Parameter value: Any value; one that cannot be recorded makes every write of it fail.
  public init(_ value: MetadataValue) {
    var writer = PackedWriter(capacity: 64)
    do throws(PackedWriter.Refusal) {
      try writer.write(value)
      self.init(writer)
    } catch {
      self.init(refused: error)
    }
  }

  /// What a writer has written: one value.
  package init(_ writer: PackedWriter) {
    bytes = writer.bytes
    refusal =
      writer.weight <= MetadataValue.maximumSize ? nil : .tooLarge(writer.weight)
  }

  /// A value that cannot be recorded.
  package init(refused: PackedWriter.Refusal) {
    bytes = [PackedKind.null.rawValue]
    refusal = refused
  }

  /// The value, decoded.
  public var value: MetadataValue { withView(\.value) }

  /// Reads the value where it lies.
  ///
  /// - Parameter body: Must not keep the view.
  /// - Returns: What `body` returned.
  /// - Throws: What `body` throws.
  package func withView<Result, Failure: Error>(
    _ body: (PackedView) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    unsafe try bytes.withUnsafeBufferPointer { (bytes) throws(Failure) -> Result in
      guard let start = bytes.baseAddress else { preconditionFailure("an empty value") }
      return try body(unsafe PackedView(start))
    }
  }
}
