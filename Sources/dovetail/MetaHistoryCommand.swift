import ControlPlane
import HostSupport
import PluginHost

let metaHistoryCommand = Command(
  "meta history", "print the last changes of a record, newest first",
  operands: [Operand("COLLECTION"), Operand("KEY")],
  options: [Option("limit", value: "N", "at most so many, 1...1000 (default: 100)")],
  discussion:
    "How far back it goes, the collection's definition says; without one, the host holds\n"
    + "the last changes of all records together.",
  example: "dovetail meta history demo.settings limit"
) { invocation throws(CommandFailure) in
  let limit = try invocation.integer("limit", 1...1_000) ?? 100
  let changes: [RecordReport] = try invocation.request(
    "meta.history",
    [
      "collection": .string(invocation.operand(0)), "key": .string(invocation.operand(1)),
      "limit": .int(Int64(limit)),
    ])
  invocation.show(changes) { Views.history(changes, $0) }
  return .ok
}
