import PluginSDK
import Synchronization

/// The plugin that gives a test its own seat.
final class Probe: Plugin {
  /// Where the context goes while `Probe` is started.
  final class Basket: Sendable {
    private let kept = Mutex<PluginContext?>(nil)

    var context: PluginContext? {
      get { kept.withLock { $0 } }
      set { kept.withLock { $0 = newValue } }
    }
  }

  @TaskLocal static var basket: Basket?

  init(context: PluginContext) {
    Probe.basket?.context = context
  }
}
