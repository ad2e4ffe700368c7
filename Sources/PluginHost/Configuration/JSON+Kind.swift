import HostSupport

extension JSON {
  /// What the value is, for a person, with the value itself where it is short: `the string "x"`, `an object`.
  var kindName: String {
    switch self {
    case .null: "null"
    case .bool(let flag): "\(flag)"
    case .int(let number): "the number \(number)"
    case .double(let number): "the number \(number)"
    case .string(let text) where text.utf8.count <= 64: "the string \"\(text)\""
    case .string: "a string"
    case .array: "an array"
    case .object: "an object"
    }
  }
}
