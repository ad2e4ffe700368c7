import HostSupport
import PluginHost

extension ControlMethod {
  /// What is asked about crashes.
  static let crashMethods: [ControlMethod] = [
    .reply("crashes.list", ["limit"]) { host, given in
      try host.crashes(limit: Int(given.integer("limit", 1...100) ?? 100))
    },
    .reply("crashes.show", ["id"]) { host, given in
      guard let id = try given.integer("id", 1...(.max)) else {
        throw RPCFailure.invalidParameters("\"id\" is missing")
      }
      return try host.crash(Int(id))
    },
  ]
}
