public import CDovetail
import Glibc
import PluginSDK

/// What travels from the publisher to the handler as it lies in memory.
struct Sample {
  var number: UInt64
  var weight: Double
}

/// Publishes to its own handlers, which read every event where it lies.
///
/// `hot.run` takes a number of events and answers with what was allocated on this thread meanwhile (see counting.c), and what the
/// handlers made of the events.
struct Hot: Plugin {
  // Safe: one thread publishes.
  nonisolated(unsafe) private static var numbers: UInt64 = 0
  nonisolated(unsafe) private static var weights = 0.0
  nonisolated(unsafe) private static var bytes = 0
  nonisolated(unsafe) private static var right = 0

  let context: PluginContext

  func start() throws {
    let (samples, lines) = (try context.topic("hot.samples"), try context.topic("hot.lines"))
    try context.subscribeView("hot.samples") { event in
      guard let sample = unsafe event.value(as: Sample.self) else { return }
      unsafe Hot.numbers += sample.number
      unsafe Hot.weights += sample.weight
    }
    try context.subscribeView("hot.lines") { event in Hot.read(event) }
    try context.provide("hot.run") { request in
      let count = Int(String(decoding: request.data, as: UTF8.self)) ?? 0
      return Array(try run(count, samples, lines).utf8)
    }
  }

  private static func read(_ event: borrowing EventView) {
    let bytes = event.bytes
    for index in bytes.indices { unsafe Hot.bytes += Int(bytes[index]) }
    let isRight =
      event.subjectBytes.equals("fourth") && event.contentTypeBytes.equals("text/plain")
      && event.typeBytes.equals("hot.lines") && event.sourceBytes.equals("hot")
      && event.idBytes.isEmpty && event.dataSchemaBytes.isEmpty && event.attempt == 1
      && event.attributeBytes("color") == nil && event.data.byteCount == bytes.count
    if isRight { unsafe Hot.right += 1 }
  }

  private func run(_ count: Int, _ samples: Topic, _ lines: Topic) throws -> String {
    let line: [UInt8] = [1, 2, 3, 4]
    let subject = Array("fourth".utf8)
    let allocated = try counter()
    let before = allocated()
    for number in 0..<count {
      try samples.publish(value: Sample(number: UInt64(number), weight: 0.5))
      try lines.publish(bytes: line.span, subject: subject.span, contentType: "text/plain")
    }
    let during = allocated() - before
    return unsafe "\(during) \(Hot.numbers) \(Hot.weights) \(Hot.bytes) \(Hot.right)"
  }

  private func counter() throws -> @convention(c) () -> UInt64 {
    guard let symbol = unsafe dlsym(nil, "counting_allocations") else {
      throw PluginError(.notFound, "counting.c is not preloaded")
    }
    return unsafe unsafeBitCast(symbol, to: (@convention(c) () -> UInt64).self)
  }
}

/// The plugin's entry point.
@c(dovetail_plugin)
public func entry(_ host: UnsafePointer<dvt_handshake>) -> UnsafePointer<dvt_plugin>? {
  unsafe export(Hot.self, host)
}
