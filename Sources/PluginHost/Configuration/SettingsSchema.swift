public import HostSupport

/// The schema of a plugin's settings: the part of JSON Schema that a manifest's `config` may use.
///
/// Keywords: `type`, `properties`, `required`, `additionalProperties`, `items`, `enum`, `minimum`, `maximum`, `minLength`,
/// `maxLength` (in Unicode scalars), `pattern` (POSIX extended, unanchored), `default`; `title`, `description`, `examples`,
/// `$schema` and `$comment` are for people.
public struct SettingsSchema: Sendable, Equatable {
  /// The schema as the manifest has it.
  public let json: JSON
  private let node: SchemaNode

  /// The schema of a manifest without `config`: any object.
  public static let anything = SettingsSchema()

  private init() {
    json = .object([:])
    node = SchemaNode()
  }

  /// Checks and takes a schema.
  ///
  /// - Parameters:
  ///   - json: The schema.
  ///   - path: Where it stands in the manifest, for errors.
  /// - Throws: `ManifestError` that names the wrong keyword.
  public init(checking json: JSON, at path: String = "config") throws(ManifestError) {
    self.json = json
    node = try SchemaNode(json, at: path)
  }

  /// Checks settings and fills in defaults.
  ///
  /// - Parameter settings: What the configuration has for the plugin; an empty object when it has nothing.
  /// - Returns: The settings with the defaults of absent members.
  /// - Throws: `SettingsError` with every problem.
  public func apply(to settings: JSON) throws(SettingsError) -> JSON {
    guard case .object = settings else {
      throw SettingsError(problems: [
        .init(pointer: "", reason: "must be an object, not \(settings.kindName)")
      ])
    }
    var problems: [SettingsError.Problem] = []
    let filled = node.apply(to: settings, at: "", &problems)
    guard problems.isEmpty else { throw SettingsError(problems: problems) }
    return filled
  }

  /// Whether two schemas are the same JSON.
  public static func == (left: SettingsSchema, right: SettingsSchema) -> Bool {
    left.json == right.json
  }
}
