/// The keys that a manifest may have.
enum ManifestKeys {
  static let top = [
    "abi", "after", "author", "before", "config", "conflicts", "description", "events", "id",
    "isolation", "license", "optional", "permissions", "provides", "quota", "reload", "requires",
    "state", "toolchain", "unload", "version",
  ]
  static let events = ["contentType", "dataschema", "schema", "summary", "topic"]
  static let provides = ["events", "services"]
  static let permissions = [
    "exec", "files", "intercept", "metadata", "network", "publish", "services", "subscribe",
  ]
  static let files = ["read", "write"]
  static let network = ["connect", "listen", "udp", "unix"]
  static let quota = ["bytes", "records"]
  static let state = ["accepts", "schema", "version"]

  /// The keys of the object at a path; empty for the manifest itself.
  static func known(under parent: String) -> [String] {
    switch parent {
    case "": top
    case "provides": provides
    case "permissions": permissions
    case "permissions.files": files
    case "permissions.network": network
    case "quota": quota
    case "state": state
    default: []
    }
  }
}
