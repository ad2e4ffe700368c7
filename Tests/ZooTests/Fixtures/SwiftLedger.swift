public import CDovetail
import FoundationEssentials
import PluginSDK
import TypedRecords

/// Keeps bills as records of a type, and answers with what it reads back.
final class Ledger: Plugin {
  struct Bill: Codable, Equatable {
    var number: Int64
    var due: Date
    var seal: Data
    var lines: [String: Int]
    var note: String?
  }

  private let context: PluginContext

  init(context: PluginContext) {
    self.context = context
  }

  func start() throws {
    let typed = context.metadata.typed
    try context.provide("ledger.run") { (_) throws -> [UInt8] in
      let bill = Bill(
        number: 9_007_199_254_740_993, due: Date(timeIntervalSince1970: 1_700_000_000.5),
        seal: Data([0, 255]), lines: ["tea": 3])
      try typed.put("ledger.bills", "1", bill)
      let read = try typed.get(Bill.self, "ledger.bills", "1")
      let found = try typed.query(
        Bill.self, "from ledger.bills where number > ?", [9_007_199_254_740_992])
      try typed.metadata.put("ledger.bills", "2", ["number": 1, "due": "tomorrow"])
      do throws(PluginError) {
        _ = try typed.get(Bill.self, "ledger.bills", "2")
        return Array("read".utf8)
      } catch {
        return Array("\(read == bill) \(found == [bill]) \(error.message)".utf8)
      }
    }
  }
}

/// The plugin's entry point.
@c(dovetail_plugin)
public func entry(_ host: UnsafePointer<dvt_handshake>) -> UnsafePointer<dvt_plugin>? {
  unsafe export(Ledger.self, host)
}
