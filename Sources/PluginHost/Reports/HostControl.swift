public import HostSupport

/// What an operator can ask of a host.
///
/// Threading: every method may be called from any thread, blocks until it is done, and is called without a lock held. Operations
/// that change plugins are carried out one at a time by the host; a deadline counts the wait for the turn too.
public protocol HostControl: AnyObject, Sendable {
  /// The host itself.
  func hostReport() throws(OperationError) -> HostReport
  /// All plugins, by id.
  func list() throws(OperationError) -> [PluginReport]
  /// One plugin; throws `notFound`.
  func info(_ id: String) throws(OperationError) -> PluginReport
  /// Why a plugin is in its state; throws `notFound`.
  func why(_ id: String) throws(OperationError) -> Explanation
  /// All plugins and their dependencies.
  func graph() throws(OperationError) -> GraphReport
  /// What bringing the plugins in line with the plugin folders would do.
  func plan() throws(OperationError) -> PlanReport

  /// Loads and starts a plugin, given by the path of its file or by the id of one that was found.
  func load(_ pathOrID: String, deadline: Deadline) throws(OperationError) -> OperationReport
  /// Ends a plugin; throws `blocked` with the names of active dependents.
  func unload(_ id: String, deadline: Deadline) throws(OperationError) -> OperationReport
  /// Replaces a plugin's running build by the one in its file, and has it run somewhere else where `place` says so; a dry run only
  /// fills in `plan`.
  func reload(
    _ id: String, dryRun: Bool, place: HostConfiguration.Isolation.Place?, deadline: Deadline
  ) throws(OperationError) -> OperationReport
  /// Returns a plugin to its last known good build.
  func rollback(_ id: String, deadline: Deadline) throws(OperationError) -> OperationReport

  /// All quarantined builds.
  func quarantineList() throws(OperationError) -> [QuarantineReport]
  /// One quarantined build, by plugin id or (a prefix of) its hash; throws `notFound`.
  func quarantineWhy(_ idOrHash: String) throws(OperationError) -> QuarantineReport
  /// Clears builds by plugin id or (a prefix of) the hash, all of them when `nil`; returns what was cleared.
  func quarantineClear(_ idOrHash: String?) throws(OperationError) -> [QuarantineReport]

  /// Circuit breakers, by name; throws `notFound`.
  func breakers(_ choice: BreakerChoice) throws(OperationError) -> [BreakerReport]
  /// Opens, closes or resets circuit breakers; returns how they are then. Throws `notFound`.
  func change(
    breakers choice: BreakerChoice, _ operation: BreakerOperation
  ) throws(OperationError) -> [BreakerReport]
  /// The crashes that are known, newest first, at most `limit`.
  func crashes(limit: Int) throws(OperationError) -> [CrashReport]
  /// One of them by its number; throws `notFound`.
  func crash(_ id: Int) throws(OperationError) -> CrashReport
  /// Leaves safe mode: what was held back is started; returns what it was, with who still does not run. Throws `refused`
  /// when the host is not in it.
  func leaveSafeMode(deadline: Deadline) throws(OperationError) -> SafeModeReport

  /// How the host and its plugins are, or one plugin; never waits. Throws `notFound` for the plugin.
  func health(_ id: String?) throws(OperationError) -> HealthReport

  /// Publishes an event as the operator.
  func publish(
    type: String, payload: Payload, subject: String?
  ) throws(OperationError) -> PublishReport
  /// Calls a service as the operator.
  func call(
    service: String, payload: Payload, deadline: Deadline
  ) throws(OperationError) -> Payload
  /// The latest events that the host still holds and that match, oldest first, at most `limit`.
  func recentEvents(pattern: String, limit: Int) throws(OperationError) -> [EventReport]
  /// The rules that take events from topic to topic, in the order in which they were added.
  func routes() throws(OperationError) -> [RouteReport]
  /// Shows every later event that matches to `handler`, which returns soon and runs on any thread.
  func tap(
    pattern: String, _ handler: @escaping @Sendable (EventReport) -> Void
  ) throws(OperationError) -> Cancellation

  /// The subscriptions of a plugin, or that match a topic, or all; throws `notFound` for the plugin.
  func subscriptions(
    plugin: String?, topic: String?
  ) throws(OperationError) -> [SubscriptionReport]

  /// The figures of the topics that a pattern matches and of the subscriptions to them, of one plugin's where one is named;
  /// throws `notFound` for the plugin.
  func eventStats(plugin: String?, topic: String?) throws(OperationError) -> EventStatsReport
  /// What is declared of events: of one topic, or all.
  func eventTypes(topic: String?) throws(OperationError) -> [EventTypeReport]
  /// Who gets an event of a topic, in which order and why; and who nearly does.
  func explain(topic: String) throws(OperationError) -> TopicExplanation

  /// The latest dead letters that are chosen, oldest first, at most `limit`.
  func deadLetters(
    _ choice: DeadLetterChoice, limit: Int
  ) throws(OperationError) -> DeadLettersReport
  /// One dead letter with its event; throws `notFound`.
  func deadLetter(_ id: UInt64) throws(OperationError) -> DeadLetterReport
  /// Delivers dead letters once more, each to the subscription that failed; throws `notFound` before it begins when a
  /// letter that was named is not held.
  func replayDeadLetters(_ choice: DeadLetterChoice) throws(OperationError) -> ReplayReport
  /// Lets go of dead letters and returns them; throws as `replayDeadLetters`.
  func dropDeadLetters(_ choice: DeadLetterChoice) throws(OperationError) -> [DeadLetterReport]

  /// How the recording of events stands, and what is held.
  func eventLog() throws(OperationError) -> EventLogReport
  /// Recorded events that match, in order, at most `limit`: from a place on, or the latest; throws `notFound` when nothing was
  /// ever recorded.
  func recordedEvents(
    from: LogMoment?, to: LogMoment?, pattern: String, limit: Int
  ) throws(OperationError) -> RecordedEventsReport
  /// Publishes recorded events once more. `tell` is told of its progress, in order, one call at a time, until it has ended;
  /// throws `notFound` when there are none.
  func replayEvents(
    _ request: ReplayRequest, _ tell: @escaping @Sendable (ReplayProgress) -> Void
  ) throws(OperationError) -> Cancellation

  /// One record; throws `notFound`.
  func metaGet(collection: String, key: String) throws(OperationError) -> RecordReport
  /// Writes a record, when `version` is given only over that version (0 = only when there is none), else throws `conflict`.
  func metaPut(
    collection: String, key: String, value: JSON, version: UInt64?
  ) throws(OperationError) -> RecordReport
  /// The records of a collection whose keys begin with `prefix`, by key.
  func metaList(collection: String, prefix: String) throws(OperationError) -> [RecordReport]
  /// What can be asked of the metadata store beyond one record; throws `unavailable` when there is none.
  func metadataDesk() throws(OperationError) -> MetadataDesk
  /// Shows every later change (after revision `from`, when it is given) to `handler`, in order, one call at a time.
  func metaWatch(
    collection: String, prefix: String, from revision: UInt64?,
    _ handler: @escaping @Sendable (RecordReport) -> Void
  ) throws(OperationError) -> Cancellation

  /// Moves the store to another provider. `tell` is told of its progress, in order, one call at a time, until it has ended.
  func metaSwitch(
    provider: String, _ tell: @escaping @Sendable (SwitchProgress) -> Void
  ) throws(OperationError) -> Cancellation

  /// What the host is configured with, in this run and in the one before.
  func session() throws(OperationError) -> SessionReport
  /// The figures of the host and of all plugins.
  func metrics() throws(OperationError) -> [MetricReport]
  /// The latest samples, at most `limit`, of a figure by its name with its labels, from a moment on, as the store's provider kept
  /// them; throws `refused` when it keeps none.
  func metricsHistory(
    _ series: String, from: Int64, limit: Int
  ) throws(OperationError) -> MetricHistoryReport
  /// Counts what was refused or dropped on the way to a client, so that the host can tell of it.
  func note(_ loss: Loss, count: Int)
  /// Asks the host to stop and returns at once.
  func stop() throws(OperationError)
}

extension HostControl {
  /// Counts nothing.
  public func note(_ loss: Loss, count: Int) {}
  /// Such a host is never in safe mode.
  public func leaveSafeMode(deadline: Deadline) throws(OperationError) -> SafeModeReport {
    throw OperationError(.refused, "the host is not in safe mode")
  }
}
