import HostSupport

extension EventReport: Codable {
  private struct Name: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(_ name: String) { stringValue = name }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  private static let attributes: Set<String> = [
    "specversion", "id", "source", "type", "subject", "time", "dataschema", "datacontenttype",
    "data", "data_base64",
  ]

  /// Reads a CloudEvents JSON object; a `specversion` other than 1.0 is an error.
  public init(from decoder: any Decoder) throws {
    let members = try decoder.container(keyedBy: Name.self)
    let version = try members.decode(String.self, forKey: Name("specversion"))
    guard version == "1.0" else {
      throw DecodingError.dataCorruptedError(
        forKey: Name("specversion"), in: members,
        debugDescription: "specversion is \"\(version)\", expected \"1.0\"")
    }
    self.init(
      id: try members.decode(String.self, forKey: Name("id")),
      source: try members.decode(String.self, forKey: Name("source")),
      type: try members.decode(String.self, forKey: Name("type")),
      payload: try Payload(from: decoder))
    subject = try members.decodeIfPresent(String.self, forKey: Name("subject"))
    time = try members.decodeIfPresent(String.self, forKey: Name("time"))
    dataschema = try members.decodeIfPresent(String.self, forKey: Name("dataschema"))
    for key in members.allKeys where !EventReport.attributes.contains(key.stringValue) {
      let value = try members.decode(JSON.self, forKey: key)
      extensions[key.stringValue] = value.string ?? value.text()
    }
  }

  /// Writes a CloudEvents JSON object.
  public func encode(to encoder: any Encoder) throws {
    var members = encoder.container(keyedBy: Name.self)
    try members.encode("1.0", forKey: Name("specversion"))
    try members.encode(id, forKey: Name("id"))
    try members.encode(source, forKey: Name("source"))
    try members.encode(type, forKey: Name("type"))
    try members.encodeIfPresent(subject, forKey: Name("subject"))
    try members.encodeIfPresent(time, forKey: Name("time"))
    try members.encodeIfPresent(dataschema, forKey: Name("dataschema"))
    for (name, value) in extensions where !EventReport.attributes.contains(name) {
      try members.encode(value, forKey: Name(name))
    }
    try payload.encode(to: encoder)
  }
}
