import EventBus
import HostSupport

/// An object of a manifest whose members are taken with their types checked.
struct ManifestObject {
  let path: String
  let members: [String: JSON]

  func key(_ name: String) -> String { path.isEmpty ? name : "\(path).\(name)" }

  func wrongType(_ name: String, _ wanted: String, _ value: JSON) -> ManifestError {
    ManifestError(key: key(name), "must be \(wanted), not \(value.kindName)")
  }

  func optionalString(_ name: String) throws(ManifestError) -> String? {
    guard let value = members[name] else { return nil }
    guard case .string(let text) = value else { throw wrongType(name, "a string", value) }
    return text
  }

  func string(_ name: String, required: Bool = false) throws(ManifestError) -> String {
    if let text = try optionalString(name) { return text }
    guard required else { return "" }
    let hint = Spelling.nearest(
      to: name, in: members.keys.filter { !ManifestKeys.known(under: path).contains($0) }.sorted())
    throw ManifestError(
      key: key(name), "is missing" + (hint.map { "; \"\($0)\" looks like it, misspelled" } ?? ""))
  }

  func version(_ name: String) throws(ManifestError) -> SemanticVersion {
    let text = try string(name, required: true)
    do throws(VersionError) {
      return try SemanticVersion(parsing: text)
    } catch {
      throw ManifestError(key: key(name), "\(error)")
    }
  }

  /// The revision of the ABI, `MAJOR.MINOR`.
  func abi() throws(ManifestError) -> ABIVersion {
    let text = try string("abi", required: true)
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 2, parts.allSatisfy({ $0.utf8.allSatisfy(PartialVersion.isDigit) }),
      let major = UInt16(parts[0]), let minor = UInt16(parts[1])
    else {
      throw ManifestError(
        key: "abi", "\"\(text)\" is not MAJOR.MINOR, such as \"\(ABIVersion.current)\"")
    }
    return ABIVersion(major, minor)
  }

  func object(_ name: String) throws(ManifestError) -> ManifestObject? {
    guard let value = members[name] else { return nil }
    guard case .object(let object) = value else { throw wrongType(name, "an object", value) }
    return ManifestObject(path: key(name), members: object)
  }

  func ranges(_ name: String) throws(ManifestError) -> [String: VersionRange] {
    guard let object = try object(name) else { return [:] }
    var result: [String: VersionRange] = [:]
    for (id, value) in object.members {
      if let problem = Manifest.idProblem(id) { throw ManifestError(key: object.path, problem) }
      guard case .string(let text) = value else {
        throw object.wrongType(id, "a version range in a string, such as \"^1.0\"", value)
      }
      do throws(VersionError) {
        result[id] = try VersionRange(parsing: text)
      } catch {
        throw ManifestError(key: object.key(id), "\(error)")
      }
    }
    return result
  }

  func strings(_ name: String) throws(ManifestError) -> [String]? {
    guard let value = members[name] else { return nil }
    guard case .array(let elements) = value else {
      throw wrongType(name, "an array of strings", value)
    }
    var result: [String] = []
    for (index, element) in elements.enumerated() {
      guard case .string(let text) = element else {
        throw wrongType("\(name)[\(index)]", "a string", element)
      }
      guard !text.isEmpty else { throw ManifestError(key: key("\(name)[\(index)]"), "is empty") }
      result.append(text)
    }
    return result
  }

  func ids(_ name: String) throws(ManifestError) -> [String] {
    let ids = try strings(name) ?? []
    for (index, id) in ids.enumerated() {
      if let problem = Manifest.idProblem(id) {
        throw ManifestError(key: key("\(name)[\(index)]"), problem)
      }
    }
    return ids
  }

  /// Patterns as the bus knows them.
  func patterns(_ name: String) throws(ManifestError) -> [String]? {
    guard let patterns = try strings(name) else { return nil }
    for (index, pattern) in patterns.enumerated() {
      do throws(BusError) { _ = try TopicPattern(pattern) } catch {
        throw ManifestError(key: key("\(name)[\(index)]"), error.description)
      }
    }
    return patterns
  }

  func paths(_ name: String) throws(ManifestError) -> [String] {
    let paths = try strings(name) ?? []
    for (index, path) in paths.enumerated() {
      guard path.hasPrefix("/") else {
        throw ManifestError(
          key: key("\(name)[\(index)]"), "\"\(path)\" is not an absolute path beginning with /")
      }
      // The rules of a worker's sandbox are lines of text.
      guard path.utf8.count < 4_096, path.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
        throw ManifestError(
          key: key("\(name)[\(index)]"), "has a control character, or more than 4095 bytes")
      }
    }
    return paths
  }

  /// Ports of TCP: `"any"`, or an array of numbers.
  func ports(_ name: String) throws(ManifestError) -> NetworkAccess.Ports {
    guard let value = members[name] else { return .only([]) }
    if value == .string("any") { return .any }
    let wanted = "\"any\" or an array of at most 64 ports, 1 to 65535"
    guard case .array(let elements) = value, elements.count <= 64 else {
      throw wrongType(name, wanted, value)
    }
    var ports: [UInt16] = []
    for (index, element) in elements.enumerated() {
      guard case .int(let number) = element, (1...65_535).contains(number) else {
        throw wrongType("\(name)[\(index)]", "a port, 1 to 65535", element)
      }
      ports.append(UInt16(number))
    }
    return .only(ports)
  }

  func flag(_ name: String) throws(ManifestError) -> Bool {
    guard let value = members[name] else { return false }
    guard case .bool(let flag) = value else { throw wrongType(name, "true or false", value) }
    return flag
  }

  func number(_ name: String) throws(ManifestError) -> UInt64 {
    guard let value = members[name] else { throw ManifestError(key: key(name), "is missing") }
    guard case .int(let number) = value, number >= 0 else {
      throw wrongType(name, "a whole number from 0", value)
    }
    return UInt64(number)
  }

  func numbers(_ name: String) throws(ManifestError) -> [UInt64] {
    guard let value = members[name] else { return [] }
    guard case .array(let elements) = value else {
      throw wrongType(name, "an array of whole numbers", value)
    }
    var result: [UInt64] = []
    for (index, element) in elements.enumerated() {
      guard case .int(let number) = element, number >= 0 else {
        throw wrongType("\(name)[\(index)]", "a whole number from 0", element)
      }
      result.append(UInt64(number))
    }
    return result
  }

  func choice<Choice: CaseIterable & RawRepresentable<String>>(
    _ name: String, _ default: Choice
  ) throws(ManifestError) -> Choice {
    guard let text = try optionalString(name) else { return `default` }
    if let choice = Choice(rawValue: text) { return choice }
    let allowed = Choice.allCases.map(\.rawValue)
    throw ManifestError(
      key: key(name),
      "\"\(text)\" is not one of \(allowed.joined(separator: ", "))"
        + Spelling.hint(for: text, in: allowed))
  }
}
