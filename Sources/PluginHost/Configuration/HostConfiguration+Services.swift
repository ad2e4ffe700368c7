import EventBus
import HostSupport

/// `services`: what holds for the calls of services in particular, `{"s3.*": {breaker: {failureRate: 20}, fallback: "disk.get"}}`.
extension HostConfiguration {
  private typealias Applied = (calls: Calls, named: Set<CallPolicy.Part>)

  private static let parts: [(name: String, part: CallPolicy.Part)] = [
    ("breaker", .breaker), ("bulkhead", .bulkhead), ("rateLimit", .rateLimit),
  ]

  /// Checks an element of `services`.
  ///
  /// - Parameters:
  ///   - pattern: A service's name, or a pattern of names.
  ///   - entry: What is said of it.
  /// - Throws: `BusError.invalid` with what is wrong with it.
  static func checkService(_ pattern: String, _ entry: JSON) throws(BusError) {
    do throws(BusError) {
      _ = try TopicPattern(pattern)
    } catch {
      throw .invalid("\"\(pattern)\" is no name or pattern of services: \(error)")
    }
    _ = try servicePolicy(entry, "\"\(pattern)\"", Calls())
  }

  /// What holds for the calls of a service.
  ///
  /// - Parameter service: Its name, or a topic of requests.
  /// - Returns: `nil` when nothing does.
  func policy(for service: String) -> ServicePolicy? {
    let best = services.keys.filter { (try? TopicPattern($0))?.matches(service) == true }
      .min { Self.rank($0, service) < Self.rank($1, service) }
    var policy = ServicePolicy()
    if let best, let entry = services[best],
      let own = try? Self.servicePolicy(entry, "\"\(best)\"", calls)
    {
      policy = own
    } else {
      policy.common = calls.policy()
    }
    return policy.isEmpty ? nil : policy
  }

  /// Whether anything holds for any service.
  var hasServicePolicies: Bool { !services.isEmpty || !calls.policy().isEmpty }

  /// The name itself comes first, then what says more of the name, then the alphabet.
  private static func rank(_ pattern: String, _ service: String) -> (Int, String) {
    if pattern == service { return (.min, pattern) }
    let said = pattern.split(separator: ".").count { $0 != "*" && $0 != ">" }
    return (-said, pattern)
  }

  private static func servicePolicy(
    _ entry: JSON, _ place: String, _ calls: Calls
  ) throws(BusError) -> ServicePolicy {
    let common = try apply(entry, place, to: calls, isService: true)
    var policy = ServicePolicy()
    policy.common = common.calls.policy()
    guard let callers = entry.object?["callers"] else { return policy }
    guard case .object(let callers) = callers else {
      throw .invalid(
        "\(place): \"callers\" is an object with a plugin id each, not \(callers.kindName)")
    }
    for (caller, overrides) in callers.sorted(by: { $0.key < $1.key }) {
      let own = try apply(
        overrides, "\(place), caller \"\(caller)\"", to: common.calls, isService: false)
      policy.callers[caller] = own.calls.policy(own: own.named)
    }
    return policy
  }

  private static func apply(
    _ entry: JSON, _ place: String, to calls: Calls, isService: Bool
  ) throws(BusError) -> Applied {
    guard case .object(let members) = entry else {
      throw .invalid("\(place) is an object with \(known(isService)), not \(entry.kindName)")
    }
    var scratch = HostConfiguration()
    scratch.calls = calls
    var named: Set<CallPolicy.Part> = []
    for (name, value) in members.sorted(by: { $0.key < $1.key }) {
      if name == "callers", isService { continue }
      if let part = parts.first(where: { $0.name == name })?.part {
        try applyPart(name, value, place, &scratch)
        named.insert(part)
      } else if name == "fallback" {
        scratch.calls.fallback = try fallback(value, place)
      } else if name == "timeLimitMilliseconds" {
        try set("calls.\(name)", value, "\(place).\(name)", &scratch)
      } else {
        let names = parts.map(\.name) + ["timeLimitMilliseconds", "fallback", "callers"]
        throw .invalid("\(place) has no member \"\(name)\"\(Spelling.hint(for: name, in: names))")
      }
    }
    return (scratch.calls, named)
  }

  private static func known(_ isService: Bool) -> String {
    "breaker, bulkhead, rateLimit, timeLimitMilliseconds, fallback\(isService ? ", callers" : "")"
  }

  /// Who says something of a part wants it, unless it says otherwise.
  private static func applyPart(
    _ name: String, _ value: JSON, _ place: String, _ scratch: inout HostConfiguration
  ) throws(BusError) {
    guard case .object(var members) = value else {
      throw .invalid(
        "\(place).\(name) is an object, not \(value.kindName); {\"enabled\": false} turns it off")
    }
    members["enabled"] = members["enabled"] ?? .bool(true)
    for (member, value) in members.sorted(by: { $0.key < $1.key }) {
      try set("calls.\(name).\(member)", value, "\(place).\(name).\(member)", &scratch)
    }
  }

  private static func set(
    _ path: String, _ value: JSON, _ place: String, _ scratch: inout HostConfiguration
  ) throws(BusError) {
    guard let key = ConfigurationKey.named(path) else {
      let prefix = path.prefix { $0 != "." } + "." + path.split(separator: ".")[1] + "."
      let names = ConfigurationKey.all.map(\.path).filter { $0.hasPrefix(prefix) }
        .map { String($0.dropFirst(prefix.count)) }
      let name = path.split(separator: ".").last.map(String.init) ?? path
      throw .invalid("\(place) is no setting of calls\(Spelling.hint(for: name, in: names))")
    }
    if let problem = key.problem(value) { throw .invalid("\(place) \(problem)") }
    key.set(&scratch, value)
  }

  private static func fallback(_ value: JSON, _ place: String) throws(BusError) -> String {
    guard let name = value.string else {
      throw .invalid("\(place).fallback is the name of a service, not \(value.kindName)")
    }
    if let problem = name.isEmpty ? nil : TopicName.problem(in: name) {
      throw .invalid("\(place).fallback: \(problem)")
    }
    return name
  }
}
