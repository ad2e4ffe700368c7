import Glibc
public import HostSupport

/// Puts a configuration together from its sources, in rising order: file, environment, flags.
///
/// Objects are given as in `dovetail.json`: `{"probation": {"seconds": 5}}`; a dotted name, `{"probation.seconds": 5}`, means
/// the same. Later sources replace single keys; of `settings` they replace single members of each plugin's object.
public struct ConfigurationLoader: Sendable {
  /// The largest configuration file that is read: 1 MiB.
  public static let largestFile = 1 << 20

  private var configuration = HostConfiguration()
  private var problems: [ConfigurationError.Problem] = []

  /// Starts with the defaults.
  public init() {}

  /// Adds a file.
  ///
  /// - Parameters:
  ///   - bytes: JSON5 in UTF-8, at most 1 MiB.
  ///   - path: The file's path, for errors.
  public mutating func add(file bytes: [UInt8], path: String) {
    guard bytes.count <= Self.largestFile else {
      return report(path, "", "is larger than 1 MiB")
    }
    do throws(JSONError) {
      guard case .object(let members) = try JSON(parsing: bytes, json5: true) else {
        return report(path, "", "must be an object, as in { plugins: \"plugins\" }")
      }
      add(members, source: path)
    } catch {
      report(path, "", "\(error)")
    }
  }

  /// Reads and adds a file.
  ///
  /// - Parameter path: A regular file of JSON5.
  /// - Throws: The system's error when it cannot be read; wrong content is reported by `load`.
  public mutating func add(fileAt path: String) throws(SystemError) {
    let file = try FileDescriptor.open(path, O_RDONLY | O_NONBLOCK)
    var status = stat()
    guard unsafe fstat(file.raw, &status) == 0 else { throw SystemError("fstat", path) }
    guard status.st_mode & S_IFMT == S_IFREG else {
      return report(path, "", "is no regular file")
    }
    do throws(SystemError) {
      add(file: try file.read(min(Int(status.st_size), Self.largestFile + 1), at: 0), path: path)
    } catch {
      throw SystemError(error.call, path, code: error.code)
    }
  }

  /// Adds what the environment sets; variables that do not begin with `DOVETAIL_` are not looked at.
  ///
  /// - Parameters:
  ///   - environment: Names and values.
  ///   - ignored: Variables of this prefix that are no configuration, such as `DOVETAIL_CONFIG`.
  public mutating func add(
    environment: [String: String],
    ignored: Set<String> = [
      "DOVETAIL_CONFIG", "DOVETAIL_SOCKET", "DOVETAIL_SUPERVISED",
    ]
  ) {
    let own = environment.filter { $0.key.hasPrefix("DOVETAIL_") && !ignored.contains($0.key) }
    for (name, text) in own.sorted(by: { $0.key < $1.key }) {
      guard let key = ConfigurationKey.all.first(where: { $0.variable == name }) else {
        let known = ConfigurationKey.all.map(\.variable)
        report(name, "", "is no setting of the host\(Spelling.hint(for: name, in: known))")
        continue
      }
      take(key.value(ofText: text), for: key, source: name)
    }
  }

  /// Adds what flags set.
  ///
  /// - Parameters:
  ///   - flags: Values by key.
  ///   - source: What to call them in errors.
  public mutating func add(flags: [String: JSON], source: String = "flags") {
    add(flags, source: source)
  }

  /// The configuration of all sources.
  ///
  /// - Returns: The configuration.
  /// - Throws: `ConfigurationError` with every problem of every source.
  public func load() throws(ConfigurationError) -> HostConfiguration {
    var problems = problems
    if let reason = nameProblem {
      problems.append(.init(source: "configuration", key: "name", reason: reason))
    }
    guard problems.isEmpty else { throw ConfigurationError(problems: problems) }
    return configuration
  }

  private var nameProblem: String? {
    let name = configuration.name
    let isGood =
      (1...64).contains(name.utf8.count) && name.utf8.first != UInt8(ascii: ".")
      && name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-_.".contains($0)) }
    return isGood ? nil : "must be 1 to 64 letters, digits, -, _ or ., not \"\(name)\""
  }

  private mutating func add(_ members: [String: JSON], source: String, under parent: String = "") {
    for (name, value) in members.sorted(by: { $0.key < $1.key }) {
      let path = parent.isEmpty ? name : "\(parent).\(name)"
      if let key = ConfigurationKey.named(path) {
        take(value, for: key, source: source)
      } else if ConfigurationKey.all.contains(where: { $0.path.hasPrefix("\(path).") }) {
        addGroup(value, source: source, path)
      } else {
        report(source, path, "is no setting of the host\(Self.hint(for: path))")
      }
    }
  }

  private mutating func addGroup(_ value: JSON, source: String, _ path: String) {
    guard case .object(let members) = value else {
      return report(source, path, "must be an object, not \(value.kindName)")
    }
    add(members, source: source, under: path)
  }

  private mutating func take(_ value: JSON, for key: ConfigurationKey, source: String) {
    if let problem = key.problem(value) { return report(source, key.path, problem) }
    if key.kind == .settings {
      key.set(&configuration, .object(merged(value.object ?? [:])))
      let ids = configuration.settings.keys.sorted()
      configuration.given[key.path] = .array(ids.map { .string($0) })
      return
    }
    key.set(&configuration, value)
    configuration.given[key.path] = value
  }

  private func merged(_ settings: [String: JSON]) -> [String: JSON] {
    var result = configuration.settings
    for (id, value) in settings {
      let old = result[id]?.object ?? [:]
      result[id] = .object(old.merging(value.object ?? [:]) { _, new in new })
    }
    return result
  }

  private mutating func report(_ source: String, _ key: String, _ reason: String) {
    problems.append(.init(source: source, key: key, reason: reason))
  }

  /// The nearest key: among whole paths, else among last names.
  private static func hint(for path: String) -> String {
    let groups = Set(ConfigurationKey.all.compactMap { $0.path.split(separator: ".").first })
    return Spelling.hint(
      for: path, in: ConfigurationKey.all.map(\.path) + groups.map(String.init))
  }
}
