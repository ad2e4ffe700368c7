import Glibc
import HostSupport
import PluginHost

/// Writes records of a host as JSON Lines, page by page from one snapshot.
public enum MetadataExport {
  /// Exports all collections, or one.
  ///
  /// - Parameter invocation: With the file as its operand, and `collection`.
  /// - Returns: `.ok` when everything was written.
  /// - Throws: Why nothing was written, or not all.
  public static func run(_ invocation: Invocation) throws(CommandFailure) -> ExitCode {
    let client = try invocation.connect()
    do throws(ControlError) {
      let _: JSON = try client.request("meta.snapshot", milliseconds: invocation.milliseconds())
      guard
        let (_, parameters) = try client.nextNotification(
          until: .after(milliseconds: invocation.milliseconds())),
        let snapshot = try? parameters["snapshot"]?.decoded(SnapshotReport.self)
      else { throw ControlError.broken("the host ended before it gave a snapshot") }
      return try write(snapshot, client, invocation)
    } catch {
      throw CommandFailure(error)
    }
  }

  private static func write(
    _ snapshot: SnapshotReport, _ client: ControlClient, _ invocation: Invocation
  ) throws(ControlError) -> ExitCode {
    let wanted = invocation.value("collection")
    let names = snapshot.collections.filter { wanted == nil || $0 == wanted }
    let path = invocation.operand(0)
    let file: FileDescriptor
    do throws(SystemError) {
      file =
        path.isEmpty || path == "-"
        ? FileDescriptor(owning: dup(1))
        : try FileDescriptor.open(path, O_WRONLY | O_CREAT | O_EXCL, mode: 0o600)
    } catch {
      throw .operation(OperationError(error.code == EEXIST ? .exists : .failed, error.description))
    }
    var lines = RecordLines.Writer()
    let total = wanted == nil ? snapshot.records : nil
    var progress = Progress("exporting", of: total, invocation)
    try put(lines.first(revision: snapshot.revision, records: total), file)
    for name in names {
      var after: String?
      repeat {
        let page: RecordPage = try client.request(
          "meta.page", parameters(snapshot, name, after), milliseconds: invocation.milliseconds())
        try put(page.records.flatMap { lines.record($0) }, file)
        progress.tell(lines.records)
        after = page.next
      } while after != nil
    }
    try put(lines.last(), file)
    progress.end("exported \(lines.records) records at revision \(snapshot.revision)")
    return .ok
  }

  private static func put(
    _ bytes: [UInt8], _ file: borrowing FileDescriptor
  ) throws(ControlError) {
    do throws(SystemError) { try file.write(bytes) } catch {
      throw .operation(OperationError(.failed, "the export is not complete: \(error)"))
    }
  }

  private static func parameters(
    _ snapshot: SnapshotReport, _ collection: String, _ after: String?
  ) -> [String: JSON] {
    var parameters: [String: JSON] = [
      "collection": .string(collection), "snapshot": .int(Int64(snapshot.snapshot)),
    ]
    parameters["after"] = after.map { .string($0) }
    return parameters
  }
}
