import HostSupport
import PluginHost

extension ControlMethod {
  /// What is asked about circuit breakers of services.
  static let breakerMethods: [ControlMethod] =
    [
      .reply("breakers.list", ["plugin"]) { host, given in
        let plugin = try given.optionalString("plugin")
        return try host.breakers(plugin.map { .provider($0) } ?? .all)
      },
      .reply("breakers.show", ["name"]) { host, given in
        try host.breakers(.name(given.string("name")))
      },
    ]
    + BreakerOperation.allCases.map { operation in
      .reply("breakers.\(operation)", ["name", "all"]) { host, given in
        switch (try given.optionalString("name"), try given.bool("all")) {
        case (let name?, false): try host.change(breakers: .name(name), operation)
        case (nil, true): try host.change(breakers: .all, operation)
        default: throw RPCFailure.invalidParameters("give either \"name\" or \"all\"")
        }
      }
    }
}
