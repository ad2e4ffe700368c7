import FoundationEssentials

/// The text of a `plugin.json` that was checked: an object with an id and a version, at most 64 KiB.
struct Manifest {
  /// The most bytes that a host reads, also after the tool's additions.
  static let limit = 65_536

  /// The revision of the ABI that the SDK beside this tool speaks.
  static let abi = "1.0"

  /// The JSON text in one line.
  private(set) var text: [UInt8]

  /// The few members that every host needs.
  private struct Header: Decodable {
    let id: String
    let version: String
    let abi: String?
    let toolchain: String?
  }

  /// Checks and minifies the text of a manifest and adds what the build knows.
  ///
  /// - Parameters:
  ///   - source: UTF-8 JSON.
  ///   - toolchain: Such as `swift 6.3.1`; `nil` for languages whose compiler does not matter.
  /// - Throws: `ManifestError` naming the member at fault.
  init(_ source: [UInt8], toolchain: String?) throws(ManifestError) {
    let header = try Manifest.header(of: source)
    guard !header.id.isEmpty else { throw ManifestError("\"id\" is empty: name the plugin") }
    try Manifest.check(version: header.version)
    if header.toolchain != nil {
      throw ManifestError("\"toolchain\" is written by the build: remove it from plugin.json")
    }
    if let abi = header.abi, abi != Manifest.abi {
      throw ManifestError("\"abi\" is \(abi), but this SDK speaks \(Manifest.abi): remove the line")
    }
    text = Manifest.minified(source)
    if header.abi == nil { insert("abi", Manifest.abi) }
    if let toolchain { insert("toolchain", toolchain) }
    guard text.count <= Manifest.limit else {
      throw ManifestError("\(text.count) bytes are more than the \(Manifest.limit) a host reads")
    }
  }

  private static func header(of source: [UInt8]) throws(ManifestError) -> Header {
    do {
      return try JSONDecoder().decode(Header.self, from: Data(source))
    } catch DecodingError.keyNotFound(let key, _) {
      throw ManifestError("\"\(key.stringValue)\" is missing: a host needs \"id\" and \"version\"")
    } catch DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context)
    {
      guard let key = context.codingPath.last?.stringValue else {
        throw ManifestError("not a JSON object: a manifest is {\"id\": …, \"version\": …}")
      }
      throw ManifestError("\"\(key)\" is not a string")
    } catch {
      let fault = JSONScanner.fault(in: source, json5: false)
      throw ManifestError("not valid JSON: \(fault.map { "\($0)" } ?? "\(error)")")
    }
  }

  /// A semantic version begins with three numbers; the host checks the rest of its grammar.
  private static func check(version: String) throws(ManifestError) {
    let core = version.prefix { $0 != "-" && $0 != "+" }
    let parts = core.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 3, parts.allSatisfy({ !$0.isEmpty && $0.allSatisfy(\.isNumber) }) else {
      throw ManifestError("\"version\" is \"\(version)\": write three numbers, such as \"1.0.0\"")
    }
  }

  /// Drops white space outside strings; everything else, numbers and order included, stays as written.
  private static func minified(_ source: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    var inString = false
    var escaped = false
    for byte in source {
      if inString {
        inString = escaped || byte != UInt8(ascii: "\"")
        escaped = !escaped && byte == UInt8(ascii: "\\")
      } else if byte == 0x20 || (0x09...0x0D).contains(byte) {
        continue
      } else {
        inString = byte == UInt8(ascii: "\"")
      }
      result.append(byte)
    }
    return result
  }

  /// Adds a member at the end of the object, which is never empty: it has an id.
  private mutating func insert(_ name: String, _ value: String) {
    text.removeLast()
    text += Array(",\"\(name)\":\"\(value)\"}".utf8)
  }
}
