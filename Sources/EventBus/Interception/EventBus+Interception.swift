import CHostSupport
public import HostSupport
import Synchronization

/// Interceptors around topics and services.
extension EventBus {
  /// Interceptors that an owner may have.
  public static let mostInterceptors = 64

  /// Puts an interceptor around topics and services.
  ///
  /// - Parameters:
  ///   - owner: Whose it is.
  ///   - options: What it wants and when.
  ///   - shadow: Whether it takes effect only when its generation commits.
  ///   - context: The user of its entry, `hs_entry_user`; must live as long as `keepAlive` or its calls.
  ///   - keepAlive: Released when nobody can call any more.
  ///   - judge: Judges an event; called on the publisher's thread, under no lock.
  /// - Returns: The registration.
  /// - Throws: `BusError.nameTaken` or `.full`.
  public func intercept(
    _ owner: Owner, _ options: InterceptorOptions, shadow: Bool = false,
    context: UnsafeMutableRawPointer? = nil, keepAlive: AnyObject? = nil,
    judge: @escaping Interceptor.Judge
  ) throws(BusError) -> Interceptor {
    defer { Reclaimer.shared.collect() }
    return try state.withLock { state throws(BusError) in
      let own = state.interceptors.filter { $0.owner == owner }
      guard own.count < Self.mostInterceptors else {
        throw .full("interceptor: \(owner) has \(own.count)")
      }
      let name = try Self.freeName(options.name, for: options.pattern, among: own.map(\.name))
      state.ordinal += 1
      let interceptor = unsafe Interceptor(
        owner: owner, name: name, options: options, context: context, keepAlive: keepAlive,
        ordinal: state.ordinal, standing: .shadow, judge: judge)
      state.interceptors.append(interceptor)
      guard !shadow else { return interceptor }
      interceptor.arm(gated: owner.group != 0)
      rebuildTopics(matching: [options.pattern], in: state)
      countRequestInterceptors(in: state)
      return interceptor
    }
  }

  /// Takes an interceptor away; see `unsubscribe`.
  ///
  /// - Returns: `.pending` when a call still runs at the deadline, or waits for the caller.
  /// - Throws: `BusError.gone` when it had ended.
  public func release(
    _ interceptor: Interceptor, until deadline: Deadline, done: (@Sendable () -> Void)? = nil
  ) throws(BusError) -> Callable.Ending {
    defer { Reclaimer.shared.collect() }
    let callable = try state.withLock { state throws(BusError) in
      guard interceptor.standing != .ended else { throw .gone }
      return retire(interceptor, in: &state)
    }
    guard let callable else { return .ended }
    let ending = callable.awaitEnd(until: deadline)
    if ending == .pending { whenEnded(callable, done ?? {}) }
    return ending
  }

  /// Whether requests to some service or topic are intercepted at all.
  public var interceptsRequests: Bool { requestInterceptors.load(ordering: .relaxed) > 0 }

  /// The interceptors around a service's or topic's requests, in order; asked at the stages that they want.
  ///
  /// - Parameters:
  ///   - name: Of the service or topic.
  ///   - body: May call them; runs while none of them can be freed.
  /// - Returns: What `body` returns.
  public func withInterceptors<Result>(
    around name: String, _ body: ([(interceptor: Interceptor, callable: Callable)]) -> Result
  ) -> Result {
    hs_pin_self()
    defer { hs_unpin_self() }
    return body(
      state.withLock { state in
        serving(around: name, at: [.requests, .replies], in: state)
      })
  }

  /// The interceptors that serve, in the order of their registration.
  public var interceptors: [Interceptor] {
    state.withLock { state in state.interceptors.filter { $0.standing == .active } }
      .sorted { $0.ordinal < $1.ordinal }
  }

  /// The callables of an owner's interceptors, for its gate.
  public func interceptorCallables(of owner: Owner) -> [Callable] {
    state.withLock { interceptorCallables(of: owner, in: $0) }
  }

  /// The same under the lock.
  func interceptorCallables(of owner: Owner, in state: State) -> [Callable] {
    state.interceptors.filter { $0.owner == owner }.compactMap(\.callable)
  }

  // MARK: Under the lock

  /// Who stands before a topic's handlers; `nil` for nobody.
  func checkpoint(before topic: Topic, in state: State) -> Callable? {
    let interceptors = serving(around: topic.name, at: .events, in: state)
    let checks = checks(of: topic.name, in: state)
    let routes = routes(from: topic.name, in: state)
    guard !interceptors.isEmpty || !checks.isEmpty || !routes.isEmpty else { return nil }
    return Checkpoint(
      before: topic, bus: self, interceptors: interceptors, checks: checks, routes: routes
    ).makeCallable(owner: hostOwner)
  }

  /// Whether somebody stands before a topic's handlers.
  func isGuarded(_ topic: String, in state: State) -> Bool {
    !serving(around: topic, at: .events, in: state).isEmpty
      || !routes(from: topic, in: state).isEmpty
  }

  private func serving(
    around name: String, at stages: InterceptionStages, in state: State
  ) -> [(interceptor: Interceptor, callable: Callable)] {
    state.interceptors
      .filter { interceptor in
        interceptor.standing == .active && !interceptor.options.stages.isDisjoint(with: stages)
          && interceptor.options.pattern.matches(name)
      }
      .sorted { ($1.options.priority, $0.ordinal) < ($0.options.priority, $1.ordinal) }
      .compactMap { interceptor in interceptor.callable.map { (interceptor, $0) } }
  }

  private func countRequestInterceptors(in state: State) {
    let count = state.interceptors.count { interceptor in
      interceptor.standing == .active
        && !interceptor.options.stages.isDisjoint(with: [.requests, .replies])
    }
    requestInterceptors.store(count, ordering: .relaxed)
    hs_services_changed()
  }

  /// Takes an interceptor out of every table and marks its callable dead.
  ///
  /// - Returns: The callable whose calls are to be awaited.
  private func retire(_ interceptor: Interceptor, in state: inout State) -> Callable? {
    let callable = interceptor.callable
    let wasActive = interceptor.standing == .active
    interceptor.standing = .ended
    interceptor.callable = nil
    state.interceptors.removeAll { $0 === interceptor }
    guard wasActive else { return callable }
    callable?.setState(HS_DEAD)
    rebuildTopics(matching: [interceptor.options.pattern], in: state)
    countRequestInterceptors(in: state)
    return callable
  }

  /// Ends all of an owner's interceptors.
  ///
  /// - Returns: How many calls were still running at the deadline.
  func revokeInterceptors(of owner: Owner, until deadline: Deadline) -> Int {
    let callables = state.withLock { state in
      state.interceptors.filter { $0.owner == owner }.compactMap { retire($0, in: &state) }
    }
    defer { Reclaimer.shared.collect() }
    return callables.filter { $0.awaitEnd(until: deadline) == .pending }.count
  }

  /// Swaps one generation's interceptors for another's, by name; the successors stay gated until the swap is complete.
  ///
  /// - Returns: The patterns whose topics need new tables.
  func swapInterceptors(_ old: Owner, _ new: Owner, in state: inout State) -> [TopicPattern] {
    let former = state.interceptors.filter { $0.owner == old && $0.standing == .active }
    let coming = state.interceptors.filter { $0.owner == new && $0.standing != .active }
    for interceptor in coming {
      let predecessor = former.first { $0.name == interceptor.name }
      if let predecessor { interceptor.ordinal = predecessor.ordinal }
      interceptor.arm(gated: true)
    }
    for interceptor in former {
      let successor = coming.first { $0.name == interceptor.name }
      interceptor.callable?.move(to: successor?.callable)
      interceptor.callable = nil
      interceptor.standing = .suspended
    }
    countRequestInterceptors(in: state)
    return (former + coming).map(\.options.pattern)
  }
}
