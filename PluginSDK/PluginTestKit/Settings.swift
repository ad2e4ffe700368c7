import FoundationEssentials
import PluginSDK

/// Settings as JSON, looked up by JSON Pointer (RFC 6901).
indirect enum Settings: Sendable, Codable {
  case null
  case bool(Bool)
  case int(Int64)
  case double(Double)
  case string(String)
  case array([Settings])
  case object([String: Settings])

  /// Parses JSON text.
  init(_ text: String) throws(PluginError) {
    do {
      self = try JSONDecoder().decode(Settings.self, from: Data(text.utf8))
    } catch {
      throw PluginError(.invalid, "the settings are not JSON: \(error)")
    }
  }

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let flag = try? container.decode(Bool.self) {
      self = .bool(flag)
    } else if let number = try? container.decode(Int64.self) {
      self = .int(number)
    } else if let number = try? container.decode(Double.self) {
      self = .double(number)
    } else if let text = try? container.decode(String.self) {
      self = .string(text)
    } else if let elements = try? container.decode([Settings].self) {
      self = .array(elements)
    } else {
      self = .object(try container.decode([String: Settings].self))
    }
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .null: try container.encodeNil()
    case .bool(let flag): try container.encode(flag)
    case .int(let number): try container.encode(number)
    case .double(let number): try container.encode(number)
    case .string(let text): try container.encode(text)
    case .array(let elements): try container.encode(elements)
    case .object(let members): try container.encode(members)
    }
  }

  /// The setting that a pointer names, or `nil`.
  func find(_ pointer: String) -> Settings? {
    guard !pointer.isEmpty else { return self }
    guard pointer.hasPrefix("/") else { return nil }
    var current = self
    for part in pointer.dropFirst().split(separator: "/", omittingEmptySubsequences: false) {
      let name = String(part).replacing("~1", with: "/").replacing("~0", with: "~")
      switch current {
      case .object(let members):
        guard let member = members[name] else { return nil }
        current = member
      case .array(let elements):
        guard let index = Int(name), elements.indices.contains(index) else { return nil }
        current = elements[index]
      default: return nil
      }
    }
    return current
  }

  /// The setting as JSON text, as a string.
  var text: String { String(decoding: json, as: UTF8.self) }

  /// The setting as JSON text.
  var json: [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return (try? encoder.encode(self)).map { [UInt8]($0) } ?? Array("null".utf8)
  }
}
