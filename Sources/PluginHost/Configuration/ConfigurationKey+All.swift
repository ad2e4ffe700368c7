import HostSupport

extension ConfigurationKey {
  /// Every key there is, in the order in which they are documented.
  public static let all: [ConfigurationKey] =
    places + choiceOfPlugins + deadlines + reloading + isolating + workers + working + calling
    + supervision + health + budgets + recording + keeping + trusting

  /// The key with a path, or `nil`.
  public static func named(_ path: String) -> ConfigurationKey? {
    all.first { $0.path == path }
  }

  private static let places = [
    text("plugins", "the plugin folder") { $0.plugins = $1 },
    text("state", "the state directory; default $XDG_STATE_HOME/dovetail/NAME") { $0.state = $1 },
    text("name", "the host's name, which names its state directory") { $0.name = $1 },
    choice("mode", "where plugins come from") { $0.mode = $1 },
  ]

  private static let choiceOfPlugins = [
    flag("watch", "watch the plugin folder") { $0.watch = $1 },
    whole(
      "debounceMilliseconds", 0...60_000, "how long a file must be unchanged before it is loaded"
    ) {
      $0.debounceMilliseconds = $1
    },
    list("includes", "globs of file names to load; all when empty") { $0.includes = $1 },
    list("excludes", "globs of file names not to load") { $0.excludes = $1 },
    list("disabled", "ids of plugins that are not started") { $0.disabled = $1 },
  ]

  private static let deadlines = [
    whole("lifecycleDeadline", 1...600_000, "milliseconds for one lifecycle call") {
      $0.lifecycleDeadline = $1
    },
    whole("shutdownDeadline", 1...600_000, "milliseconds for the whole shutdown") {
      $0.shutdownDeadline = $1
    },
    whole("drainDeadline", 1...600_000, "milliseconds a reload or unload waits for calls in flight")
    {
      $0.drainDeadline = $1
    },
    whole("gateDeadline", 1...600_000, "milliseconds a publisher or caller waits at a closed gate")
    {
      $0.gateDeadline = $1
    },
  ]

  private static let reloading = [
    whole("probation.seconds", 0...3_600, "trial of a new generation; 0 turns it off") {
      $0.probation.seconds = $1
    },
    whole("probation.calls", 0...1_000_000_000, "calls that end the trial early; 0 for no limit") {
      $0.probation.calls = $1
    },
    whole("probation.bytes", 0...4_294_967_296, "bytes of events kept for a rollback") {
      $0.probation.bytes = $1
    },
    whole("topics", 100...10_000_000, "topics known before those that nobody opened are forgotten")
    {
      $0.topics = $1
    },
    whole("deadLetters.count", 0...1_000_000, "events that could not be delivered which are kept") {
      $0.deadLetters.count = $1
    },
    whole("deadLetters.bytes", 0...4_294_967_296, "bytes of them") { $0.deadLetters.bytes = $1 },
    choice("crash", "what happens when plugin code crashes; see CRASHES.md") { $0.crash = $1 },
    ConfigurationKey(
      "crashPolicies", .choices(HostConfiguration.CrashPolicy.allCases.map(\.rawValue)),
      "the same for single plugins, by id"
    ) {
      $0.crashPolicies = ($1.object ?? [:]).compactMapValues {
        $0.string.flatMap(HostConfiguration.CrashPolicy.init(rawValue:))
      }
    },
    whole("retiredBudget.images", 1...1_000_000, "retired images before the host warns") {
      $0.retiredBudget.images = $1
    },
    whole("retiredBudget.bytes", 1_048_576...1_099_511_627_776, "bytes of them before it warns") {
      $0.retiredBudget.bytes = $1
    },
  ]

  private static let isolating = [
    choice("isolation.default", "where plugins run whose manifest leaves it to the host") {
      $0.isolation.standard = $1
    },
    list("isolation.isolated", "ids of plugins that run in worker processes") {
      $0.isolation.isolated = $1
    },
    list("isolation.inProcess", "ids of plugins that run in the host's process") {
      $0.isolation.inProcess = $1
    },
    whole(
      "isolation.afterCrashes", 0...1_000,
      "contained crashes after which a plugin goes on in a worker; 0 for never"
    ) {
      $0.isolation.afterCrashes = $1
    },
    whole(
      "isolation.callDeadline", 1...600_000,
      "milliseconds after which a call into a worker is a hang, and the worker is killed"
    ) {
      $0.isolation.callDeadline = $1
    },
    whole(
      "isolation.spinMicroseconds", 0...1_000,
      "how long a thread waits awake for the other process before it sleeps"
    ) {
      $0.isolation.spinMicroseconds = $1
    },
    whole(
      "isolation.restarts", 0...1_000,
      "ends of a plugin's worker within isolation.restartSeconds before it is given up"
    ) {
      $0.isolation.restarts = $1
    },
    whole("isolation.restartSeconds", 1...86_400, "the time in which they are counted") {
      $0.isolation.restartSeconds = $1
    },
    whole(
      "isolation.restartDelay", 1...600_000,
      "milliseconds before the second start in a row; doubled for each further one"
    ) {
      $0.isolation.restartDelay = $1
    },
    flag("isolation.standby", "keep a second process ready to take over from each worker that ends")
    {
      $0.isolation.standby = $1
    },
    text("isolation.worker", "the executable of workers; default the one beside dovetail") {
      $0.isolation.worker = $1
    },
  ]

  private static let working = [
    whole("asyncThreads", 0...256, "threads for asynchronous handlers; 0 for two") {
      $0.asyncThreads = $1
    },
    whole("depthLimit", 1...64, "how deep publishes may nest") { $0.depthLimit = $1 },
    choice("log.level", "the least severe level that is written") { $0.log.level = $1 },
    choice("log.format", "text on a terminal and JSON otherwise, or always one") {
      $0.log.format = $1
    },
  ]

  private static let supervision = [
    whole("supervise.firstDelay", 1...600_000, "milliseconds before the first restart of a host") {
      $0.supervision.firstDelay = $1
    },
    whole("supervise.longestDelay", 1...3_600_000, "each further one takes twice as long, up to") {
      $0.supervision.longestDelay = $1
    },
    whole("supervise.stableSeconds", 1...86_400, "how long it must serve for them to begin anew") {
      $0.supervision.stableSeconds = $1
    },
    whole("supervise.restarts", 0...10_000, "restarts in a window before the supervisor gives up") {
      $0.supervision.restarts = $1
    },
    whole("supervise.windowSeconds", 1...86_400, "the window") {
      $0.supervision.windowSeconds = $1
    },
    whole(
      "supervise.hangSeconds", 0...86_400,
      "without a step of the control thread, beyond other deadlines, before it is aborted; 0: never"
    ) {
      $0.supervision.hangSeconds = $1
    },
    whole("safeMode.deaths", 0...1_000, "deaths without a plugin to blame before the safe mode") {
      $0.safeMode.deaths = $1
    },
    whole("safeMode.seconds", 1...604_800, "the window in which they are counted") {
      $0.safeMode.seconds = $1
    },
  ]

  private static let health = [
    whole(
      "health.interval", 0...3_600_000,
      "milliseconds from one check of a plugin to the next; 0: none"
    ) {
      $0.health.interval = $1
    },
    whole("health.deadline", 1...600_000, "milliseconds that a check may take") {
      $0.health.deadline = $1
    },
    whole("health.failures", 1...1_000, "unhealthy checks in a row before something is done") {
      $0.health.failures = $1
    },
    choice("health.action", "what is done then") { $0.health.action = $1 },
    whole("health.restarts", 1...1_000, "restarts in a row before a plugin is left as it is") {
      $0.health.restarts = $1
    },
    list("health.required", "ids of plugins without which the host is not ready") {
      $0.health.required = $1
    },
    ConfigurationKey(
      "health.plugins", .overrides(of: "health"), "the same for single plugins, by id"
    ) {
      $0.health.plugins = $1.object ?? [:]
    },
  ]

  private static let budgets = [
    whole("budget.cpuPercent", 0...100_000, "of a processor that a plugin may use; 0 for any") {
      $0.budget.cpuPercent = $1
    },
    whole("budget.handles", 0...1_000_000_000, "registrations that it may hold; 0 for any") {
      $0.budget.handles = $1
    },
    whole("budget.queuedBytes", 0...1_099_511_627_776, "of events in its queues; 0 for any") {
      $0.budget.queuedBytes = $1
    },
    whole("budget.retiredBytes", 0...1_099_511_627_776, "of its retired images; 0 for any") {
      $0.budget.retiredBytes = $1
    },
    whole("budget.workerBytes", 0...1_099_511_627_776, "of its worker's memory; 0 for any") {
      $0.budget.workerBytes = $1
    },
    ConfigurationKey(
      "budget.plugins", .overrides(of: "budget"), "the same for single plugins, by id"
    ) {
      $0.budget.plugins = $1.object ?? [:]
    },
  ]

  private static let recording = [
    ConfigurationKey("events.record.patterns", .patterns, "events to record; none when empty") {
      $0.recording.patterns = ($1.array ?? []).compactMap(\.string)
    },
    ConfigurationKey("events.record.exclude", .patterns, "of them, those not to record") {
      $0.recording.exclude = ($1.array ?? []).compactMap(\.string)
    },
    ConfigurationKey("events.record.filter", .conditions, "what an event must meet; all of them") {
      $0.recording.filter = ($1.array ?? []).compactMap {
        try? HostConfiguration.Route.Condition($0)
      }
    },
    whole("events.record.maxBytes", 1_048_576...1_099_511_627_776, "bytes of recorded events") {
      $0.recording.maxBytes = $1
    },
    whole("events.record.maxCount", 1...1_000_000_000_000, "recorded events") {
      $0.recording.maxCount = $1
    },
    whole("events.record.maxAgeSeconds", 0...3_155_760_000, "age of them; 0 for any") {
      $0.recording.maxAgeSeconds = $1
    },
    choice("events.record.sync", "when they are forced to the disk") { $0.recording.sync = $1 },
    whole("events.record.syncMilliseconds", 1...600_000, "how long after, with interval") {
      $0.recording.syncMilliseconds = $1
    },
    whole("events.record.queue", 16...1_048_576, "events that may wait for the recorder") {
      $0.recording.queue = $1
    },
  ]

  private static let keeping = [
    flag("journal.fsync", "force commits and quarantine to the disk") { $0.journalFsync = $1 },
    flag("load.probe", "try an image with constructors in a throw-away child first") {
      $0.loadProbe = $1
    },
    ConfigurationKey(
      "metadata.provider", .provider, "what keeps the records: file, memory, or a plugin's provider"
    ) {
      $0.metadata.provider = .init(rawValue: $1.string ?? "")
    },
    ConfigurationKey(
      "metadata.snapshots.provider", .provider,
      "with memory: where its snapshots go; default nowhere"
    ) {
      $0.metadata.snapshots.provider = .init(rawValue: $1.string ?? "")
    },
    whole("metadata.snapshots.seconds", 1...86_400, "seconds between two of them") {
      $0.metadata.snapshots.seconds = $1
    },
    whole(
      "metadata.providerDeadline", 1...3_600_000,
      "milliseconds a plugin's provider may take to open or be moved, without progress"
    ) {
      $0.metadata.providerDeadline = $1
    },
    whole(
      "metadata.memory.records", 0...1_000_000_000,
      "with memory: the most records; 0 for any number"
    ) {
      $0.metadata.memory.records = $1
    },
    whole(
      "metadata.memory.bytes", 0...1_099_511_627_776,
      "with memory: the most bytes that they take; 0 for any number"
    ) {
      $0.metadata.memory.bytes = $1
    },
    whole(
      "metadata.metrics.seconds", 0...86_400,
      "seconds between two samples of the figures, where the provider keeps them; 0 for none"
    ) {
      $0.metadata.metricsSeconds = $1
    },
    ConfigurationKey("metadata.options", .object, "what a plugin's provider is told") {
      $0.metadata.options = $1
    },
    text(
      "metadata.path", "the folder of the file provider; default store in the state directory"
    ) {
      $0.metadata.path = $1
    },
    ConfigurationKey("routes", .routes, "rules that take events from topic to topic") {
      $0.routes = ($1.array ?? []).compactMap { try? HostConfiguration.Route($0) }
    },
    choice("events.enforceSchemas", "what becomes of events that do not fit their schema") {
      $0.enforceSchemas = $1
    },
    ConfigurationKey("events.types", .eventTypes, "what is declared of events") {
      $0.eventTypes = ($1.array ?? []).compactMap { try? HostConfiguration.EventTypeSetting($0) }
    },
    ConfigurationKey("settings", .settings, "settings of plugins, by id") {
      $0.settings = $1.object ?? [:]
    },
  ]

  private static let trusting = [
    text("trust.hashes", "a file as sha256sum writes it; what is not in it must be signed") {
      $0.trust.hashes = $1
    },
    list("trust.keys", "files of Ed25519 public keys (PEM) that signatures must be by") {
      $0.trust.keys = $1
    },
    flag("trust.requireSignatures", "load signed plugins only") {
      $0.trust.requireSignatures = $1
    },
    list("trust.owners", "users who may own plugins, beside the host's own and root") {
      $0.trust.owners = $1
    },
  ]

  private static let workers = [
    choice("isolation.sandbox", "what to do where a kernel cannot restrict an isolated plugin") {
      $0.sandbox = $1
    },
    whole("isolation.limits.memory", 0...1_099_511_627_776, "bytes of a worker; 0 for any number") {
      $0.workerLimits.memory = $1
    },
    whole("isolation.limits.cpuSeconds", 0...3_155_760_000, "CPU time of a worker; 0 for any") {
      $0.workerLimits.cpuSeconds = $1
    },
    whole(
      "isolation.limits.cpuPercent", 0...100_000,
      "percent of one core that a worker gets, where control groups are; 0 for all"
    ) {
      $0.workerLimits.cpuPercent = $1
    },
    whole("isolation.limits.threads", 0...100_000, "threads of a worker; 0 for any number") {
      $0.workerLimits.threads = $1
    },
    whole("isolation.limits.files", 0...1_048_576, "open files of a worker; 0 for any number") {
      $0.workerLimits.files = $1
    },
    whole("isolation.limits.fileBytes", 0...1_099_511_627_776, "size of a file; 0 for any") {
      $0.workerLimits.fileBytes = $1
    },
  ]

  private static func text(
    _ path: String, _ meaning: String,
    set: @escaping @Sendable (inout HostConfiguration, String) -> Void
  ) -> ConfigurationKey {
    ConfigurationKey(path, .text, meaning) { set(&$0, $1.string ?? "") }
  }

  static func flag(
    _ path: String, _ meaning: String,
    set: @escaping @Sendable (inout HostConfiguration, Bool) -> Void
  ) -> ConfigurationKey {
    ConfigurationKey(path, .flag, meaning) { set(&$0, $1.bool ?? false) }
  }

  static func whole(
    _ path: String, _ range: ClosedRange<Int64>, _ meaning: String,
    set: @escaping @Sendable (inout HostConfiguration, Int) -> Void
  ) -> ConfigurationKey {
    ConfigurationKey(path, .whole(range), meaning) { set(&$0, Int($1.int ?? range.lowerBound)) }
  }

  private static func list(
    _ path: String, _ meaning: String,
    set: @escaping @Sendable (inout HostConfiguration, [String]) -> Void
  ) -> ConfigurationKey {
    ConfigurationKey(path, .list, meaning) { set(&$0, ($1.array ?? []).compactMap(\.string)) }
  }

  private static func choice<Choice: CaseIterable & RawRepresentable<String> & Sendable>(
    _ path: String, _ meaning: String,
    set: @escaping @Sendable (inout HostConfiguration, Choice) -> Void
  ) -> ConfigurationKey {
    ConfigurationKey(path, .choice(Choice.allCases.map(\.rawValue)), meaning) {
      if let choice = $1.string.flatMap(Choice.init(rawValue:)) { set(&$0, choice) }
    }
  }
}
