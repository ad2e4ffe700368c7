import Glibc
import HostSupport
import PluginHost

/// Sends JSON Lines to a host, some records at a time.
public enum MetadataImport {
  /// Bytes after which a request is sent.
  private static let portion = 512 << 10
  /// Records after which it is.
  private static let most = 5_000

  /// Imports a file or standard input.
  ///
  /// - Parameter invocation: With the file as its operand, and `dry-run`.
  /// - Returns: `.ok` when everything was written, or checked.
  /// - Throws: Why it stopped, and how many records were written before.
  public static func run(_ invocation: Invocation) throws(CommandFailure) -> ExitCode {
    let path = invocation.operand(0)
    let file: FileDescriptor
    do throws(SystemError) {
      file =
        path == "-" ? FileDescriptor(owning: dup(0)) : try FileDescriptor.open(path, O_RDONLY)
    } catch {
      throw CommandFailure(
        OperationError(error.code == ENOENT ? .notFound : .failed, error.description))
    }
    var sending = Sending(try invocation.connect(), invocation)
    var input = LineReader(file, path: path)
    var lines = RecordLines.Reader()
    do throws(OperationError) {
      while let line = try input.line() {
        guard let record = try lines.take(line) else { continue }
        try sending.add(record, bytes: line.count, of: lines.promised)
      }
      try sending.send()
      try lines.finish()
      try sending.flush()
    } catch {
      let done = sending.report.written
      throw CommandFailure(
        OperationError(
          error.code, plugin: error.plugin,
          error.message + (done > 0 ? "; \(done) records were imported before" : ""),
          advice: error.advice))
    }
    sending.end()
    if invocation.json { invocation.show(sending.report) { _ in "" } }
    return .ok
  }

  private struct Sending {
    private let client: ControlClient
    private let isDry: Bool
    private let milliseconds: Int
    private var progress: Progress
    private var waiting: [JSON] = []
    private var bytes = 0
    private(set) var report = ImportReport(written: 0, checked: 0)

    init(_ client: ControlClient, _ invocation: Invocation) {
      self.client = client
      isDry = invocation.has("dry-run")
      milliseconds = invocation.milliseconds(default: 60_000)
      progress = Progress(isDry ? "checking" : "importing", of: nil, invocation)
    }

    mutating func add(_ record: JSON, bytes count: Int, of total: Int?) throws(OperationError) {
      if bytes + count > portion || waiting.count >= most { try send() }
      waiting.append(record)
      bytes += count
    }

    mutating func send() throws(OperationError) {
      guard !waiting.isEmpty else { return }
      let done: ImportReport = try ask(
        "meta.import", ["records": .array(waiting), "dryRun": .bool(isDry)])
      report.written += done.written
      report.checked += done.checked
      waiting = []
      bytes = 0
      progress.tell(report.checked)
    }

    func flush() throws(OperationError) {
      guard !isDry else { return }
      let _: WrittenReport = try ask("meta.flush", [:])
    }

    private func ask<Result: Decodable>(
      _ method: String, _ parameters: [String: JSON]
    ) throws(OperationError) -> Result {
      do throws(ControlError) {
        return try client.request(method, parameters, milliseconds: milliseconds)
      } catch {
        if case .operation(let error) = error { throw error }
        throw OperationError(.failed, error.message, advice: error.advice)
      }
    }

    func end() {
      progress.end(
        isDry
          ? "\(report.checked) records can be imported"
          : "imported \(report.written) records; they are on the disk")
    }
  }
}
