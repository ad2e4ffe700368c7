/// A way in which something is lost, refused, or runs out of time. Nothing is lost silently: each has a counter
/// (`dovetail_lost_total`, by kind and plugin) and an event (`loss.KIND`). LOSSES.md says when each happens.
public enum Loss: String, CaseIterable, Sendable {
  /// A full queue, or one whose subscription ended, dropped an event.
  case eventDropped = "event-dropped"
  /// An event that gave way in a queue to a newer one of its key.
  case eventCoalesced = "event-coalesced"
  /// A handler returned an error or crashed.
  case handlerFailed = "handler-failed"
  /// A call of a handler that ran past its time limit.
  case handlerTimeout = "handler-timeout"
  /// An event that was given up: every attempt failed, or nobody was left to give it to.
  case eventDead = "event-dead"
  /// A queued event whose subscription has no successor after a reload became a dead letter.
  case eventOrphaned = "event-orphaned"
  /// An event that a route did not take, because routes had taken it so often that it went in circles.
  case routeLoop = "route-loop"
  /// An event that should have been recorded: the disk did not take it, or it is too large.
  case eventUnrecorded = "event-unrecorded"
  /// An event that a new generation published before it was given up.
  case heldDropped = "held-dropped"
  /// A dead letter that gave way to newer ones.
  case deadLetterDropped = "dead-letter-dropped"
  /// An event of the host's own: too many waited for a handler that does not return.
  case hostEventDropped = "host-event-dropped"
  /// A publish or call that gave up at the gate of a plugin that reloads.
  case gateTimeout = "gate-timeout"
  /// A publish that was nested too deep.
  case tooDeep = "too-deep"
  /// A reply that came after the caller's deadline, or after a request on a topic had ended.
  case replyLate = "reply-late"
  /// An event beyond what its plugin may publish in a second.
  case publishLimited = "publish-limited"
  /// A call of a service that its circuit breaker rejected.
  case callRejected = "call-rejected"
  /// A call of a service that its rate limit or bulkhead rejected.
  case callLimited = "call-limited"
  /// A call that the manifest does not permit.
  case denied = "denied"
  /// An event or request that an interceptor refused, or an event that it kept to itself; a write that a validator refused.
  case vetoed
  /// A write that a validator did not judge: it was refused, or passed one that is suspended.
  case writeUnjudged = "write-unjudged"
  /// An event or request that passed an interceptor unseen: it crashed, or was not there in time.
  case interceptorSkipped = "interceptor-skipped"
  /// An event that was refused because it does not fit what was declared of its topic.
  case eventUnfit = "event-unfit"
  /// A call of a generation that was retired.
  case callTooLate = "call-too-late"
  /// A lifecycle call that did not return within its deadline.
  case lifecycleTimeout = "lifecycle-timeout"
  /// A reload that was given up because calls did not come to rest.
  case drainTimeout = "drain-timeout"
  /// A call that still ran when its plugin was ended.
  case callAbandoned = "call-abandoned"
  /// What was kept for a rollback outgrew its bounds: the reload became final early.
  case probationOverflow = "probation-overflow"
  /// A watch fell so far behind that changes are not held any more.
  case watchOverflow = "watch-overflow"
  /// A job that the executor did not take.
  case jobRefused = "job-refused"
  /// Figures that a plugin did not report: it failed, or has not answered who asked before, or reported more than 1,000.
  case figuresMissing = "figures-missing"
  /// A crash of plugin code that was contained.
  case crash
  /// A build without a place in the journal: a crash of it could not be attributed.
  case journalFull = "journal-full"
  /// An operation of an operator's that had not ended within its deadline; it goes on.
  case operationTimeout = "operation-timeout"
  /// A line that the log's descriptor did not take.
  case logLineLost = "log-line-lost"
  /// A client or request that the control socket refused.
  case requestRefused = "request-refused"
  /// An event or change that a follower was too slow for.
  case followerTooSlow = "follower-too-slow"

  /// The event that tells of it.
  public var event: String { "loss.\(rawValue)" }
}
