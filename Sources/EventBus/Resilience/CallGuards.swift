import HostSupport
import Synchronization

/// The breakers, bulkheads and rate limits of all services, by service, provider and caller. They outlive the provider's
/// generations, and changes of the configuration that keep them.
///
/// Threading: any thread; no lock is held while anything is told of a change.
public final class CallGuards: Sendable {
  /// What holds for the calls of a service; `nil` when nothing does.
  public typealias Source = @Sendable (_ service: String) -> ServicePolicy?

  private struct Key: Hashable {
    let service: String
    let provider: String
  }

  private struct State {
    var source: Source?
    /// Grows with each `set`.
    var version = 0
    var preset = CallPolicy()
    /// Also of services for which nothing holds.
    var guards: [Key: ServiceGuard?] = [:]
    var named: [Breaker.Name: CallGuard] = [:]
    var breakers: [Breaker.Name: Breaker] = [:]
    var bulkheads: [Breaker.Name: Bulkhead] = [:]
    var limiters: [Breaker.Name: RateLimiter] = [:]
  }

  /// Breakers that are remembered; beyond, closed ones are forgotten.
  static let most = 4096
  /// Breakers that one caller may name for one service.
  public static let mostLabels = 64

  private let state = Mutex(State())
  private let policies = Atomic<Bool>(false)
  private let listener = Mutex<@Sendable (Breaker.Snapshot) -> Void>({ _ in })

  /// Nothing holds for any call.
  public init() {}

  /// Whether something holds for some service.
  public var hasPolicies: Bool { policies.load(ordering: .relaxed) }

  /// Names who is told of changes of breakers, as `Breaker.onChange` is.
  public func onChange(_ body: @escaping @Sendable (Breaker.Snapshot) -> Void) {
    listener.withLock { $0 = body }
  }

  // MARK: Policies

  /// Has other policies hold from now on. Breakers keep their state, and what did not change keeps its count.
  ///
  /// - Parameters:
  ///   - preset: What holds for breakers that callers name, where no policy has one.
  ///   - source: What holds for a service; `nil` when nothing does for any.
  public func set(preset: CallPolicy, _ source: Source?) {
    state.withLock { state in
      state.source = source
      state.version += 1
      state.preset = preset
      state.guards = [:]
      state.named = [:]
      for (name, breaker) in state.breakers {
        let policy = Self.policy(of: name, in: state)
        if let rule = policy.breaker { breaker.follow(rule) } else { state.breakers[name] = nil }
      }
      let (limiters, bulkheads) = (state.limiters, state.bulkheads)
      for name in limiters.keys where Self.policy(of: name, in: state).rateLimit == nil {
        state.limiters[name] = nil
      }
      for name in bulkheads.keys where Self.policy(of: name, in: state).bulkhead == nil {
        state.bulkheads[name] = nil
      }
      policies.store(source != nil, ordering: .relaxed)
    }
  }

  private static func policy(of name: Breaker.Name, in state: State) -> CallPolicy {
    var policy = state.source?(name.service)?.policy(for: name.caller) ?? CallPolicy()
    if !name.label.isEmpty, policy.breaker == nil {
      policy.breaker = state.preset.breaker
      policy.failures = state.preset.failures
    }
    return policy
  }

  /// What holds for a service, whoever offers it.
  public func policy(for service: String) -> ServicePolicy? {
    guard hasPolicies else { return nil }
    return state.withLock { $0.source }?(service)
  }

  /// What the calls of a service pass.
  ///
  /// - Parameters:
  ///   - service: Its name, or the topic of requests.
  ///   - provider: Id of the plugin that offers it.
  /// - Returns: `nil` when nothing holds for them.
  public func serviceGuard(of service: String, by provider: String) -> ServiceGuard? {
    guard hasPolicies else { return nil }
    let key = Key(service: service, provider: provider)
    while true {
      let (known, source, version) = state.withLock { ($0.guards[key], $0.source, $0.version) }
      if let known { return known }
      let policy = source?(service) ?? ServicePolicy()
      let fresh =
        policy.isEmpty
        ? nil
        : ServiceGuard(policy) { [unowned self] caller, policy in
          make(service, provider, caller, policy)
        }
      let kept = state.withLock { state -> ServiceGuard?? in
        guard state.version == version else { return nil }
        if state.guards.count >= Self.most { state.guards = [:] }
        if state.guards[key] == nil { state.guards[key] = fresh }
        return state.guards[key]
      }
      if let kept { return kept }
    }
  }

  /// What calls pass whose caller names a breaker for them: that breaker, and the service's policy for the rest.
  ///
  /// - Parameters:
  ///   - name: The breaker, with a caller and a label.
  ///   - base: What the service's other calls pass.
  /// - Returns: The same each time.
  /// - Throws: `BusError.full`: the caller has named 64 for this service.
  public func callGuard(
    named name: Breaker.Name, beside base: CallGuard?
  ) throws(BusError) -> CallGuard {
    try state.withLock { state throws(BusError) in
      if let known = state.named[name] { return known }
      let kin = state.breakers.keys.filter {
        $0.service == name.service && $0.caller == name.caller && !$0.label.isEmpty
      }
      guard kin.count < Self.mostLabels || state.breakers[name] != nil else {
        throw .full("breaker: \(name.caller) has named \(kin.count) for '\(name.service)'")
      }
      let named = Self.policy(of: name, in: state)
      var policy = base?.policy ?? CallPolicy()
      policy.breaker = named.breaker
      policy.failures = named.failures
      let fresh = CallGuard(
        policy, limiter: base?.limiter, bulkhead: base?.bulkhead,
        breaker: breaker(name, named.breaker ?? CircuitBreaker.Policy(), &state))
      state.named[name] = fresh
      return fresh
    }
  }

  private func make(
    _ service: String, _ provider: String, _ caller: String, _ policy: CallPolicy
  ) -> CallGuard {
    func name(_ part: CallPolicy.Part) -> Breaker.Name {
      Breaker.Name(
        service: service, provider: provider,
        caller: policy.perCaller.contains(part) ? caller : "")
    }
    // What each caller has of its own is nobody's until one calls.
    func isMade(_ part: CallPolicy.Part) -> Bool {
      !caller.isEmpty || !policy.perCaller.contains(part)
    }
    return state.withLock { state in
      CallGuard(
        policy,
        limiter: policy.rateLimit.flatMap { rule in
          guard isMade(.rateLimit) else { return nil }
          return Self.kept(&state.limiters[name(.rateLimit)], if: { $0.policy == rule }) {
            RateLimiter(rule)
          }
        },
        bulkhead: policy.bulkhead.flatMap { rule in
          guard isMade(.bulkhead) else { return nil }
          return Self.kept(&state.bulkheads[name(.bulkhead)], if: { $0.policy == rule }) {
            Bulkhead(rule)
          }
        },
        breaker: policy.breaker.flatMap { rule in
          isMade(.breaker) ? breaker(name(.breaker), rule, &state) : nil
        })
    }
  }

  private static func kept<Element>(
    _ place: inout Element?, if isGood: (Element) -> Bool, _ make: () -> Element
  ) -> Element {
    if let known = place, isGood(known) { return known }
    let fresh = make()
    place = fresh
    return fresh
  }

  private func breaker(
    _ name: Breaker.Name, _ policy: CircuitBreaker.Policy, _ state: inout State
  ) -> Breaker {
    if let known = state.breakers[name] { return known }
    let fresh = Breaker(name, policy) { [weak self] news in
      guard let self else { return }
      listener.withLock { $0 }(news)
    }
    if state.breakers.count >= Self.most {
      state.breakers = state.breakers.filter { $0.value.snapshot.state != .closed }
    }
    state.breakers[name] = fresh
    return fresh
  }

  // MARK: Breakers

  /// All breakers, by name.
  public var breakers: [Breaker] {
    state.withLock { Array($0.breakers.values) }.sorted { $0.name < $1.name }
  }

  /// The breaker of a name, if there is one.
  public func breaker(_ name: Breaker.Name) -> Breaker? { state.withLock { $0.breakers[name] } }

  /// Calls of each service, provider and caller that rate limits and bulkheads rejected so far.
  public var limits: [(name: Breaker.Name, limiter: RateLimiter?, bulkhead: Bulkhead?)] {
    state.withLock { state in
      Set(state.limiters.keys).union(state.bulkheads.keys).sorted().map {
        ($0, state.limiters[$0], state.bulkheads[$0])
      }
    }
  }

  /// Has the open breakers of a provider permit a few calls, because it was replaced.
  ///
  /// - Parameters:
  ///   - provider: Its id.
  ///   - service: The service that was replaced; `nil` for all.
  public func probe(provider: String, service: String? = nil) {
    for breaker in breakers
    where breaker.name.provider == provider
      && (service ?? breaker.name.service) == breaker.name.service
    {
      breaker.probe()
    }
  }
}
