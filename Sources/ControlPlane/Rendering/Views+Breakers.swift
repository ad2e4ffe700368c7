public import PluginHost

extension Views {
  /// A row for each circuit breaker.
  public static func breakers(_ breakers: [BreakerReport], _ style: Style) -> String {
    guard !breakers.isEmpty else { return "no service has a circuit breaker\n" }
    var table = Table([
      ("NAME", .left), ("PROVIDER", .left), ("STATE", .left), ("CALLS", .right),
      ("FAILED", .right), ("SLOW", .right), ("REJECTED", .right), ("OPENED", .right),
      ("PROBES", .right), ("WHY", .left),
    ])
    for one in breakers {
      table.add([
        (one.name, nil), (one.provider, nil), (one.state, paint(of: one)),
        ("\(one.window.calls)", nil), bad(UInt64(one.window.failed)),
        bad(UInt64(one.window.slow)), bad(one.calls.rejected), ("\(one.transitions.opened)", nil),
        (one.probesInMilliseconds.map { "in \(decimal(Double($0) / 1_000, 1)) s" } ?? "", nil),
        (one.reason ?? "", .dim),
      ])
    }
    return table.text(style)
  }

  private static func paint(of one: BreakerReport) -> Style.Paint {
    switch one.state {
    case "closed": .green
    case "open": .red
    default: .yellow
    }
  }

  /// One circuit breaker in full.
  public static func breaker(_ one: BreakerReport, _ style: Style) -> String {
    let probes = one.probesInMilliseconds.map { "in \(decimal(Double($0) / 1_000, 1)) s" }
    let window = one.window
    let calls = one.calls
    let changes = one.transitions
    return pairs(
      [
        ("breaker", one.name), ("service", one.service), ("provider", one.provider),
        ("caller", one.caller), ("state", one.state), ("since", one.since), ("why", one.reason),
        ("probes", probes),
        (
          "window",
          "\(window.calls) calls, \(window.failed) failed, \(window.slow) slow; "
            + "\(one.consecutiveFailures) failures in a row"
        ),
        (
          "in all",
          "\(calls.succeeded) succeeded, \(calls.failed) failed, \(calls.slow) slow, "
            + "\(calls.ignored) ignored, \(calls.rejected) rejected, \(calls.fallenBack) to the fallback"
        ),
        (
          "changes",
          "opened \(changes.opened)×, half-open \(changes.halfOpened)×, closed \(changes.closed)×"
        ),
        ("opens", opens(one.policy)), ("stays open", staysOpen(one.policy)),
      ], style)
  }

  private static func opens(_ policy: BreakerReport.Policy) -> String {
    let window =
      policy.windowCalls.map { "the last \($0) calls" }
      ?? "the calls of \(policy.windowMilliseconds ?? 0) ms"
    var ways: [String] = []
    if let rate = policy.failureRate { ways.append("when \(rate) % of \(window) failed") }
    if let rate = policy.slowCallRate, let limit = policy.slowCallMilliseconds {
      ways.append("when \(rate) % of \(window) took \(limit) ms or longer")
    }
    if !ways.isEmpty { ways[ways.count - 1] += ", of at least \(policy.minimumCalls)" }
    if let count = policy.consecutiveFailures { ways.append("after \(count) failures in a row") }
    return ways.isEmpty ? "only by hand" : ways.joined(separator: "; ")
  }

  private static func staysOpen(_ policy: BreakerReport.Policy) -> String {
    "\(policy.openMilliseconds) ms, then longer up to \(policy.openMaximumMilliseconds) ms; "
      + "half-open it permits \(policy.permittedCallsInHalfOpen) calls"
  }
}
