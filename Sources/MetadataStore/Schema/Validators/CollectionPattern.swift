/// Collections by name, as patterns of topics are written: `*` stands for one segment, a last `>` for one or more.
public struct CollectionPattern: Sendable, Hashable, CustomStringConvertible {
  /// The pattern as text: `orders`, `orders.*`, `orders.>` or `>`.
  public let description: String
  private let segments: [Substring]

  /// Reads a pattern.
  ///
  /// - Parameter text: Segments joined by dots.
  /// - Throws: `MetadataError.invalid` when a segment is no name, or something follows a `>`.
  public init(_ text: String) throws(MetadataError) {
    description = text
    segments = text.split(separator: ".", omittingEmptySubsequences: false)
    let names = segments.filter { $0 != "*" && $0 != ">" }.joined(separator: ".")
    do throws(MetadataError) {
      if !names.isEmpty || segments.contains("") {
        try MetadataWrite.validate(collection: segments.contains("") ? "" : names)
      }
    } catch {
      throw .invalid(
        "\"\(text)\" is no pattern of collections; use segments of A-Z a-z 0-9 _ - joined by dots, "
          + "* for any one, and > at the end for all that follow")
    }
    guard !segments.dropLast().contains(">") else {
      throw .invalid("\"\(text)\" is no pattern of collections: > must be its last segment")
    }
  }

  /// Whether a collection is meant.
  public func matches(_ collection: String) -> Bool {
    if description == ">" { return true }
    let parts = collection.split(separator: ".", omittingEmptySubsequences: false)
    for (index, segment) in segments.enumerated() {
      guard index < parts.count else { return false }
      if segment == ">" { return true }
      guard segment == "*" || segment == parts[index] else { return false }
    }
    return segments.count == parts.count
  }
}
