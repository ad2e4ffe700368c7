import CHostSupport

/// What stands in a topic's table before its handlers: it asks the interceptors, holds what they leave of an event against what
/// was declared of the topic, and lets it go on: along the routes, and to the handlers unless a route moves it.
///
/// It is the host's own code. Threading: any thread, several at once.
final class Checkpoint: Sendable {
  private let interceptors: [(interceptor: Interceptor, callable: Callable)]
  private let checks: [(type: EventType, refuses: Bool)]
  private let routes: [EventRoute]
  private let layout: EventLayout
  // The topics of a bus live as long as it does.
  private unowned let topic: Topic
  private unowned let bus: EventBus

  /// Stands before a topic's handlers.
  init(
    before topic: Topic, bus: EventBus,
    interceptors: [(interceptor: Interceptor, callable: Callable)],
    checks: [(type: EventType, refuses: Bool)], routes: [EventRoute]
  ) {
    self.topic = topic
    self.bus = bus
    self.checks = checks
    self.routes = routes
    layout = bus.layout
    self.interceptors = interceptors
  }

  /// The entry that publishers call.
  func makeCallable(owner: Owner) -> Callable {
    unsafe Callable(
      owner: owner, inPlugin: false, keepAlive: self,
      context: Unmanaged.passUnretained(self).toOpaque(),
      call: { context, event, _ in
        guard let context = unsafe context else { return 0 }
        unsafe Unmanaged<Checkpoint>.fromOpaque(context).takeUnretainedValue().receive(event)
        return 0
      })
  }

  private func receive(_ event: UnsafeMutableRawPointer?) {
    var present = unsafe event
    var owned: UnsafeMutableRawPointer?
    defer { if let owned = unsafe owned { unsafe layout.release(owned) } }
    for (interceptor, callable) in interceptors {
      switch unsafe interceptor.judge(interceptor, callable, present) {
      case .pass: continue
      case .answered: return topic.figures.withheld.note()
      case .refused:
        topic.figures.withheld.note()
        return hs_publish_set_outcome(HS_REFUSED)
      case .amended(let copy):
        if let owned = unsafe owned { unsafe layout.release(owned) }
        unsafe owned = copy
        unsafe present = unsafe copy
      }
    }
    guard unsafe fits(present) else {
      topic.figures.withheld.note()
      return hs_publish_set_outcome(HS_UNFIT)
    }
    var isMoved = false
    for route in routes where unsafe take(present, along: route) {
      if route.rule.mode == .move { isMoved = true }
    }
    if isMoved { return topic.figures.withheld.note() }
    let code = unsafe hs_publish_behind(topic.record, present)
    if code != HS_OK { hs_publish_set_outcome(code) }
  }

  /// Whether nothing that was declared forbids an event to go on.
  private func fits(_ event: UnsafeMutableRawPointer?) -> Bool {
    var fits = true
    for (type, refuses) in checks {
      guard let reason = unsafe type.problem(of: event, layout) else { continue }
      let source = unsafe layout.withAttribute(.source, of: event) { bytes in
        unsafe bytes.map { unsafe String(decoding: $0, as: UTF8.self) } ?? ""
      }
      bus.note(
        SchemaViolation(
          topic: topic.name, source: source, type: type, reason: reason, isRefused: refuses), topic)
      if refuses { fits = false }
    }
    return fits
  }

  /// Takes an event along a route, where it meets its conditions.
  ///
  /// - Returns: Whether it was taken.
  private func take(_ event: UnsafeMutableRawPointer?, along route: EventRoute) -> Bool {
    guard route.rule.conditions.allSatisfy({ unsafe $0.holds(for: event, layout) }) else {
      return false
    }
    guard case .copy(let copy) = unsafe layout.forward(event, route.rule.to) else {
      route.figures.stopped.count()
      bus.noteLoop()
      return false
    }
    route.figures.taken.count()
    if let failure = unsafe route.target.publish(copy) {
      hs_publish_set_outcome(failure.rawValue)
    }
    unsafe layout.release(copy)
    return true
  }
}
