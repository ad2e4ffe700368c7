import ControlPlane
import PluginHost

let metaRestoreCommand = Command(
  "meta restore", "bring a backup into a state directory that no host uses",
  operands: [Operand("FILE", completion: .files)],
  discussion:
    "Every record is as it was, with its version and revisions. The directory is that of\n"
    + "--state or --name; it must have no records yet. The next host with it serves them.",
  example: "dovetail meta restore /var/backups/metadata.jsonl --state ./restored"
) { invocation throws(CommandFailure) in
  do throws(OperationError) {
    let report = try MetadataRestore.run(
      invocation.operand(0), into: invocation.location.stateDirectory)
    invocation.show(report) { _ in
      Views.line(
        "restored \(report.records) records at revision \(report.revision) into "
          + invocation.location.stateDirectory)
    }
    return .ok
  } catch {
    throw CommandFailure(error)
  }
}
