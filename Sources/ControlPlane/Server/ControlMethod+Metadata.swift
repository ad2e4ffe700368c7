import HostSupport
import PluginHost

extension ControlMethod {
  /// What is asked of the metadata store.
  static let metadataMethods: [ControlMethod] = [
    .reply("meta.get", ["collection", "key", "revision"]) { host, given in
      let (collection, key) = (try given.string("collection"), try given.string("key"))
      guard let revision = try given.integer("revision", 0...(.max)) else {
        return try host.metaGet(collection: collection, key: key)
      }
      return try host.metadataDesk().get(collection, key, at: UInt64(revision))
    },
    .reply("meta.put", ["collection", "key", "value", "version", "expiresInMs"]) {
      host, given in
      guard let value = given.members["value"] else {
        throw RPCFailure.invalidParameters("\"value\" is missing")
      }
      let (collection, key) = (try given.string("collection"), try given.string("key"))
      let version = try given.integer("version", 0...(.max)).map { UInt64($0) }
      guard let time = try given.integer("expiresInMs", 1...MetadataDesk.longestTime) else {
        return try host.metaPut(collection: collection, key: key, value: value, version: version)
      }
      return try host.metadataDesk().put(
        collection, key, value, version: version, expiresInMilliseconds: time)
    },
    .reply("meta.delete", ["collection", "key", "version"]) { host, given in
      try host.metadataDesk().remove(
        given.string("collection"), given.string("key"),
        version: given.integer("version", 1...(.max)).map { UInt64($0) })
    },
    .reply("meta.list", ["collection", "prefix"]) { host, given in
      try host.metaList(
        collection: given.string("collection"), prefix: given.optionalString("prefix") ?? "")
    },
    .reply("meta.page", ["collection", "prefix", "after", "limit", "snapshot"]) { host, given in
      try host.metadataDesk().page(
        given.string("collection"), prefix: given.optionalString("prefix") ?? "",
        after: given.optionalString("after"),
        limit: Int(given.integer("limit", 1...Int64(MetadataDesk.pageRecords)) ?? 1_000),
        snapshot: given.integer("snapshot", 1...(.max)).map { UInt64($0) })
    },
    .reply("meta.history", ["collection", "key", "limit"]) { host, given in
      try host.metadataDesk().history(
        given.string("collection"), given.string("key"),
        limit: Int(given.integer("limit", 1...1_000) ?? 100))
    },
    .reply("meta.query", ["query", "parameters", "after", "seen"]) { host, given in
      try host.metadataDesk().query(given.question())
    },
    .reply("meta.explain", ["query", "parameters"]) { host, given in
      try host.metadataDesk().explain(given.question())
    },
    .reply("meta.schema.list") { host, _ in try host.metadataDesk().definitions },
    .reply("meta.schema.show", ["collection"]) { host, given in
      try host.metadataDesk().definition(of: given.string("collection"))
    },
    .reply("meta.schema.set", ["collection", "definition"]) { host, given in
      guard let definition = given.members["definition"] else {
        throw RPCFailure.invalidParameters("\"definition\" is missing")
      }
      return try host.metadataDesk().define(given.string("collection"), definition)
    },
    .reply("meta.schema.check", ["collection", "definition"]) { host, given in
      try host.metadataDesk().check(given.string("collection"), given.members["definition"])
    },
    .reply("meta.stats") { host, _ in try host.metadataDesk().report },
    .reply("meta.session") { host, _ in try host.session() },
    .reply("meta.flush") { host, _ in try host.metadataDesk().flush() },
    .reply("meta.import", ["records", "dryRun", "definitions"]) { host, given in
      guard let records = try given.array("records") else {
        throw RPCFailure.invalidParameters("\"records\" is missing")
      }
      let definitions = try given.array("definitions")
      guard try given.bool("dryRun") else {
        return try host.metadataDesk().importRecords(records)
      }
      return try host.metadataDesk().checkRecords(records, definitions: definitions ?? [])
    },
    .reply("meta.backup", ["path"]) { host, given in
      try host.metadataDesk().backup(to: given.string("path"))
    },
    .stream("meta.snapshot", []) { host, _, notifications in
      let (report, cancellation) = try host.metadataDesk().pin()
      notifications.add(.snapshot(report))
      return cancellation
    },
    .stream("meta.watch", ["collection", "prefix", "from"]) { host, given, notifications in
      try host.metaWatch(
        collection: given.string("collection"), prefix: given.optionalString("prefix") ?? "",
        from: given.integer("from", 0...(.max)).map { UInt64($0) }
      ) { notifications.add(.record($0)) }
    },
    .stream("meta.switch", ["provider"]) { host, given, notifications in
      try host.metaSwitch(provider: given.string("provider")) { notifications.add(.switching($0)) }
    },
  ]
}

extension RPCParameters {
  fileprivate func array(_ name: String) throws(RPCFailure) -> [JSON]? {
    guard let value = members[name], value != .null else { return nil }
    guard let array = value.array else {
      throw .invalidParameters("\"\(name)\" must be an array")
    }
    return array
  }

  /// A query with its values.
  fileprivate func question() throws(RPCFailure) -> MetadataDesk.Question {
    MetadataDesk.Question(
      try string("query"), parameters: members["parameters"] ?? .null,
      cursor: try optionalString("after"), seen: Int(try integer("seen", 0...(.max)) ?? 0))
  }
}
