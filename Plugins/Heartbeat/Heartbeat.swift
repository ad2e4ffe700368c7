public import CDovetail
import PluginSDKEmbedded
import Synchronization

/// Publishes `heartbeat.beat` with the beat's number as text, at a steady interval.
final class Heartbeat: Plugin {
  private let context: PluginContext
  private let beats = Atomic<Int>(0)
  private let failures = Atomic<Int>(0)

  init(context: PluginContext) throws(PluginError) {
    self.context = context
  }

  func start() throws(PluginError) {
    let topic = try context.topic("heartbeat.beat")
    try context.every(milliseconds: interval(), name: "beat") { () throws(PluginError) in
      try self.beat(on: topic)
    }
  }

  func health() throws(PluginError) {
    let failed = failures.load(ordering: .relaxed)
    guard failed < 3 else {
      throw PluginError(.failed, "the last \(failed) beats could not be published")
    }
  }

  func metrics() throws(PluginError) -> [Metric] {
    [.counter("beats_total", Double(beats.load(ordering: .relaxed)))]
  }

  /// The setting `interval`, or a second when the host has none.
  private func interval() throws(PluginError) -> Int {
    do throws(PluginError) {
      return try context.int("/interval")
    } catch {
      guard error.code == .notFound || error.code == .unsupported else { throw error }
      return 1_000
    }
  }

  private func beat(on topic: Topic) throws(PluginError) {
    let number = beats.add(1, ordering: .relaxed).newValue
    do throws(PluginError) {
      try topic.publish(Event(data: Array("\(number)".utf8), contentType: "text/plain"))
      failures.store(0, ordering: .relaxed)
    } catch {
      failures.add(1, ordering: .relaxed)
      throw error
    }
  }
}

/// The plugin's entry point.
@c(dovetail_plugin)
public func entry(_ host: UnsafePointer<dvt_handshake>) -> UnsafePointer<dvt_plugin>? {
  unsafe export(Heartbeat.self, host)
}
