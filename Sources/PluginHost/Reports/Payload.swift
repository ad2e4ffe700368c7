/// Bytes with their media type.
///
/// As JSON it follows CloudEvents: `data` holds JSON content as it is and text as a string, `data_base64` anything else.
public struct Payload: Sendable, Equatable {
  /// The media type; empty = application/octet-stream.
  public var contentType: String
  /// The bytes, 0…16 MiB.
  public var bytes: [UInt8]

  /// Bytes with their media type.
  public init(_ bytes: [UInt8] = [], contentType: String = "") {
    self.contentType = contentType
    self.bytes = bytes
  }

  /// Whether the media type is JSON's or ends in `+json`, whatever its parameters.
  public var isJSON: Bool {
    let type = mediaType
    return type == "application/json" || type == "text/json" || type.hasSuffix("+json")
  }

  /// Whether the media type is a text's.
  public var isText: Bool { mediaType.hasPrefix("text/") }

  private var mediaType: String {
    let end = contentType.firstIndex(of: ";") ?? contentType.endIndex
    return contentType[..<end].lowercased().filter { $0 != " " }
  }
}
