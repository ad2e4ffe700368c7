import HostSupport

extension Manifest {
  /// Parses a manifest.
  ///
  /// - Parameter bytes: UTF-8 JSON, 2…65,536 bytes; zero bytes at the end do not count.
  /// - Throws: `ManifestError` that names the first wrong key, what it has and what is allowed.
  public init(parsing bytes: [UInt8]) throws(ManifestError) {
    guard bytes.count <= Manifest.largestSize else {
      throw ManifestError("has \(bytes.count) bytes; at most 65536 are allowed")
    }
    let end = bytes.lastIndex { $0 != 0 }.map { $0 + 1 } ?? 0
    guard end > 0 else { throw ManifestError("is empty; it needs at least id, version and abi") }
    let text = end == bytes.count ? bytes : Array(bytes[..<end])
    guard case .object(let members) = try ManifestText.parse(text) else {
      throw ManifestError("is not a JSON object")
    }
    let reader = ManifestObject(path: "", members: members)
    self = try Manifest(reading: reader)
  }

  private init(reading top: ManifestObject) throws(ManifestError) {
    let id = try top.string("id", required: true)
    if let reason = Manifest.idProblem(id) { throw ManifestError(key: "id", reason) }
    let version = try top.version("version")
    self.init(id: id, version: version, abi: try top.abi())
    try readTexts(top)
    try readRelations(top)
    if let object = try top.object("provides") { try readProvides(object) }
    if let object = try top.object("permissions") { try readPermissions(object) }
    if let value = top.members["events"] { try readEvents(value) }
    if let object = try top.object("state") { try readState(object) }
    if let object = try top.object("quota") { try readQuota(object) }
    isolation = try top.choice("isolation", isolation)
    reload = try top.choice("reload", reload)
    unload = try top.choice("unload", unload)
    if let schema = try top.object("config") {
      settings = try SettingsSchema(checking: .object(schema.members), at: "config")
    }
    keepUnknown(top, ManifestKeys.top)
  }

  /// Why a text is no plugin id, or `nil` when it is one.
  ///
  /// - Parameter id: The text.
  /// - Returns: What is wrong and what is allowed.
  public static func idProblem(_ id: String) -> String? {
    let rule = "an id is 1 to 128 letters, digits, - or _ in segments joined by ."
    guard (1...128).contains(id.utf8.count) else {
      return "has \(id.utf8.count) bytes; \(rule)"
    }
    var atStart = true
    for byte in id.utf8 {
      if byte == UInt8(ascii: ".") {
        if atStart { return "\"\(id)\" has an empty segment; \(rule)" }
        atStart = true
        continue
      }
      let isLetter = byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A
      guard isLetter || PartialVersion.isDigit(byte) || !atStart && (byte == 0x2D || byte == 0x5F)
      else { return "\"\(id)\" is not allowed; \(rule), each beginning with a letter or digit" }
      atStart = false
    }
    return atStart ? "\"\(id)\" ends with a dot; \(rule)" : nil
  }

  private mutating func readTexts(_ top: ManifestObject) throws(ManifestError) {
    toolchain = try top.optionalString("toolchain")
    description = try top.string("description")
    author = try top.string("author")
    license = try top.string("license")
  }

  private mutating func readRelations(_ top: ManifestObject) throws(ManifestError) {
    requires = try top.ranges("requires")
    optional = try top.ranges("optional")
    conflicts = try top.ranges("conflicts")
    before = try top.ids("before")
    after = try top.ids("after")
    for (key, ranges) in [("requires", requires), ("optional", optional), ("conflicts", conflicts)]
    where ranges[id] != nil {
      throw ManifestError(key: "\(key).\(id)", "names the plugin itself")
    }
    for other in requires.keys.sorted() where optional[other] != nil {
      throw ManifestError(
        key: "optional.\(other)", "is required already; name it in one of the two")
    }
  }

  private mutating func readProvides(_ object: ManifestObject) throws(ManifestError) {
    providedServices = try object.strings("services") ?? []
    providedEvents = try object.strings("events") ?? []
    keepUnknown(object, ManifestKeys.provides)
  }

  private mutating func readPermissions(_ object: ManifestObject) throws(ManifestError) {
    if let patterns = try object.patterns("publish") { permissions.publish = patterns }
    if let patterns = try object.patterns("subscribe") { permissions.subscribe = patterns }
    if let patterns = try object.patterns("metadata") { permissions.metadata = patterns }
    if let patterns = try object.patterns("services") { permissions.services = patterns }
    if let patterns = try object.patterns("intercept") { permissions.intercept = patterns }
    try readNetwork(object)
    permissions.exec = try object.flag("exec")
    if let files = try object.object("files") { try readFiles(files) }
    keepUnknown(object, ManifestKeys.permissions)
  }

  private mutating func readFiles(_ files: ManifestObject) throws(ManifestError) {
    permissions.files.read = try files.paths("read")
    permissions.files.write = try files.paths("write")
    let count = permissions.files.read.count + permissions.files.write.count
    guard count <= Permissions.FileAccess.mostPaths else {
      throw ManifestError(
        key: files.path,
        "has \(count) paths; at most \(Permissions.FileAccess.mostPaths) are allowed: name folders")
    }
    keepUnknown(files, ManifestKeys.files)
  }

  private mutating func readNetwork(_ object: ManifestObject) throws(ManifestError) {
    switch object.members["network"] {
    case nil, .bool(false)?: permissions.network = .none
    case .bool(true)?: permissions.network = .all
    case .object(let members)?:
      let network = ManifestObject(path: object.key("network"), members: members)
      permissions.network = NetworkAccess(
        connect: try network.ports("connect"), listen: try network.ports("listen"),
        udp: try network.flag("udp"), unix: try network.flag("unix"))
      keepUnknown(network, ManifestKeys.network)
    case .some(let value):
      throw object.wrongType(
        "network", "true, false or an object with connect, listen, udp and unix", value)
    }
  }

  private mutating func readState(_ object: ManifestObject) throws(ManifestError) {
    let schema = try object.string("schema", required: true)
    let version = try object.number("version")
    state = StateContract(
      schema: schema, version: version, accepts: Set(try object.numbers("accepts")))
    keepUnknown(object, ManifestKeys.state)
  }

  private mutating func readQuota(_ object: ManifestObject) throws(ManifestError) {
    quota = MetadataQuota(
      records: object.members["records"] == nil ? nil : try object.number("records"),
      bytes: object.members["bytes"] == nil ? nil : try object.number("bytes"))
    keepUnknown(object, ManifestKeys.quota)
  }

  private mutating func keepUnknown(_ object: ManifestObject, _ known: [String]) {
    for (name, value) in object.members where !known.contains(name) {
      unknown[object.key(name)] = value
    }
  }
}
