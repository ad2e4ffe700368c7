public import CDovetail
import Glibc
import PluginSDK

/// Times publishes to `bench.swift`: the service `bench.swift-time` takes how many, and answers with nanoseconds.
struct Publisher: Plugin {
  let context: PluginContext

  func start() throws {
    let topic = try context.topic("bench.swift")
    let data = [UInt8](repeating: 7, count: 64)
    try context.provide("bench.swift-time") { request in
      guard let rounds = Int(String(decoding: request.data, as: UTF8.self)) else {
        throw PluginError(.invalid, "how many?")
      }
      _ = try time(rounds / 10, topic, data.span)
      let took = try time(rounds, topic, data.span)
      return Array("\(took)".utf8)
    }
  }

  private func time(_ rounds: Int, _ topic: Topic, _ data: borrowing Span<UInt8>) throws -> Int {
    let began = now()
    for _ in 0..<rounds { try topic.publish(bytes: data) }
    return now() - began
  }

  private func now() -> Int {
    var time = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return time.tv_sec * 1_000_000_000 + time.tv_nsec
  }
}

/// The plugin's entry point.
@c(dovetail_plugin)
public func entry(_ host: UnsafePointer<dvt_handshake>) -> UnsafePointer<dvt_plugin>? {
  unsafe export(Publisher.self, host)
}
