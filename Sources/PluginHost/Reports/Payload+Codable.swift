import FoundationEssentials
import HostSupport

extension Payload: Codable {
  enum CodingKeys: String, CodingKey {
    case contentType = "datacontenttype"
    case data
    case base64 = "data_base64"
  }

  /// Reads the members of a CloudEvents JSON object that concern its data.
  public init(from decoder: any Decoder) throws {
    let members = try decoder.container(keyedBy: CodingKeys.self)
    contentType = try members.decodeIfPresent(String.self, forKey: .contentType) ?? ""
    bytes = []
    if let base64 = try members.decodeIfPresent(String.self, forKey: .base64) {
      guard let decoded = Data(base64Encoded: base64) else {
        throw DecodingError.dataCorruptedError(
          forKey: .base64, in: members, debugDescription: "data_base64 is not base64")
      }
      bytes = Array(decoded)
    } else if members.contains(.data) {
      bytes = try dataBytes(members.decode(JSON.self, forKey: .data))
    }
  }

  /// Writes the members of a CloudEvents JSON object that concern its data.
  public func encode(to encoder: any Encoder) throws {
    var members = encoder.container(keyedBy: CodingKeys.self)
    if !contentType.isEmpty { try members.encode(contentType, forKey: .contentType) }
    guard !bytes.isEmpty else { return }
    if isJSON, let value = try? JSON(parsing: bytes) {
      try members.encode(value, forKey: .data)
    } else if isText, let text = String(validating: bytes, as: UTF8.self) {
      try members.encode(text, forKey: .data)
    } else {
      try members.encode(Data(bytes).base64EncodedString(), forKey: .base64)
    }
  }

  private func dataBytes(_ value: JSON) -> [UInt8] {
    if !isJSON, case .string(let text) = value { return Array(text.utf8) }
    return Array(value.text().utf8)
  }
}
