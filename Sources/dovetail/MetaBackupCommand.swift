import ControlPlane
import HostSupport
import PluginHost

let metaBackupCommand = Command(
  "meta backup", "have the host write all records, as they are at one moment, to a new file",
  operands: [Operand("FILE", completion: .files)],
  discussion: "Writers go on meanwhile. The file has mode 0600 and is on the disk when this ends.",
  example: "dovetail meta backup /var/backups/metadata.jsonl"
) { invocation throws(CommandFailure) in
  let path = invocation.operand(0)
  let report: BackupReport = try invocation.request(
    "meta.backup",
    ["path": .string(invocation.absoluteIfPath(path.contains("/") ? path : "./\(path)"))])
  invocation.show(report) { _ in
    Views.line("\(report.records) records at revision \(report.revision) are in \(report.path)")
  }
  return .ok
}
