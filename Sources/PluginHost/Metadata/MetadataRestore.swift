import Glibc
import HostSupport
import MetadataStore

/// Brings a backup into a state directory that no host uses.
public enum MetadataRestore {
  /// Records of one batch.
  private static let portion = 10_000

  /// Restores a backup or an export: every record exactly as it was, with its version and revisions.
  ///
  /// The records come to the `file` provider; a host that is configured for another one takes them over when it starts.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - state: The state directory; made when it is missing.
  ///   - progress: Told how many records are restored, now and then.
  /// - Returns: What was restored.
  /// - Throws: `blocked` when a host uses the directory, `exists` when it has records already, `notFound` when there is no such file,
  ///   `invalid` when the file is damaged; nothing was restored then.
  public static func run(
    _ path: String, into state: String, progress: (Int, Int) -> Void = { _, _ in }
  ) throws(OperationError) -> BackupReport {
    let records = try read(path)
    let directory: StateDirectory
    do throws(StateDirectoryError) { directory = try StateDirectory.open(state) } catch {
      throw OperationError(
        .blocked, "\(error)", advice: "stop the host first: 'dovetail stop --state \(state)'")
    }
    do throws(MetadataError) {
      try write(records, into: directory, progress)
    } catch {
      if case .exists(let place) = error {
        throw OperationError(
          .exists, "\(place) has records already, which a restore would mix with others",
          advice: "move that folder away, or restore into another state directory")
      }
      throw OperationError(error)
    }
    return BackupReport(
      path: path, revision: records.revision, records: records.all.count, bytes: records.bytes)
  }

  private struct Records {
    var all: [MetadataRecord] = []
    var revision: UInt64 = 0
    var bytes = 0
  }

  private static func read(_ path: String) throws(OperationError) -> Records {
    let file: FileDescriptor
    do throws(SystemError) { file = try FileDescriptor.open(path, O_RDONLY) } catch {
      throw OperationError(error.code == ENOENT ? .notFound : .failed, error.description)
    }
    var records = Records()
    var input = LineReader(file, path: path)
    var lines = RecordLines.Reader()
    do throws(OperationError) {
      while let line = try input.line() {
        records.bytes += line.count + 1
        if let record = try lines.take(line) {
          records.all.append(try MetadataRecord(line: record))
        }
      }
      try lines.finish()
    } catch {
      throw OperationError(
        error.code, "\(path), \(error.message); nothing was restored", advice: error.advice)
    }
    let newest = records.all.reduce(0) { max($0, $1.modified) }
    records.revision = max(lines.revision, newest)
    return records
  }

  private static func write(
    _ records: Records, into state: StateDirectory, _ progress: (Int, Int) -> Void
  ) throws(MetadataError) {
    let path = state.path(of: "store")
    if let mark = try ProviderMark.read(in: state), mark.current.provider != "file" {
      throw .exists("the provider '\(mark.current.provider)' of \(state.path)")
    }
    let provider = FileProvider(path: path)
    var present = 0
    let report = try provider.load { _ in present += 1 }
    do throws(MetadataError) {
      guard present == 0 else { throw .exists(path) }
      let count = (records.all.count + portion - 1) / portion
      // Each batch has a revision of its own, the last that of the backup.
      let last = max(records.revision, report.revision + UInt64(count))
      for index in 0..<count {
        let part = records.all[index * portion..<min((index + 1) * portion, records.all.count)]
        _ = try provider.save(
          PersistenceBatch(
            revision: last - UInt64(count - 1 - index), operations: part.map { .put($0) }),
          durability: .os)
        progress(part.endIndex, records.all.count)
      }
      try provider.sync()
    } catch {
      try? provider.close()
      throw error
    }
    try provider.close()
  }
}
