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
  /// - Returns: `.ok` when everything was written, or can be; `.refused` when something cannot.
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
    var number = 0
    do throws(OperationError) {
      while let line = try input.line() {
        number += 1
        guard let record = try lines.take(line) else { continue }
        try sending.add(record, line: number, bytes: line.count)
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
    return sending.report.refused == 0 ? .ok : .refused
  }

  private struct Sending {
    private let client: ControlClient
    private let isDry: Bool
    private let json: Bool
    private let milliseconds: Int
    private var progress: Progress
    private var waiting: [JSON] = []
    /// Numbers of their lines.
    private var numbers: [Int] = []
    /// What was sent that defines collections; a check has no other way to know it.
    private var definitions: [JSON] = []
    private var bytes = 0
    private(set) var report = ImportReport(written: 0, checked: 0)

    init(_ client: ControlClient, _ invocation: Invocation) {
      self.client = client
      isDry = invocation.has("dry-run")
      json = invocation.json
      milliseconds = invocation.milliseconds(default: 60_000)
      progress = Progress(isDry ? "checking" : "importing", of: nil, invocation)
    }

    mutating func add(_ record: JSON, line: Int, bytes count: Int) throws(OperationError) {
      if bytes + count > portion || waiting.count >= most { try send() }
      waiting.append(record)
      numbers.append(line)
      bytes += count
    }

    mutating func send() throws(OperationError) {
      guard !waiting.isEmpty else { return }
      var parameters: [String: JSON] = ["records": .array(waiting), "dryRun": .bool(isDry)]
      if isDry { parameters["definitions"] = .array(definitions) }
      let done: ImportReport = try ask("meta.import", parameters)
      report.written += done.written
      report.checked += done.checked
      report.take(done, lines: numbers)
      if isDry {
        definitions += waiting.filter {
          $0["collection"]?.string == RecordLines.definitions
        }
      }
      (waiting, numbers, bytes) = ([], [], 0)
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
      if !report.refusals.isEmpty, !json { Output.print(Views.refusals(report)) }
      progress.end(
        report.refused > 0
          ? "\(report.refused) of \(report.checked) records would be refused"
          : isDry
            ? "\(report.checked) records can be imported"
            : "imported \(report.written) records; they are on the disk")
    }
  }
}

extension ImportReport {
  /// Adds what was said of one request.
  ///
  /// - Parameters:
  ///   - other: What was said.
  ///   - lines: The numbers of the lines that the request had.
  fileprivate mutating func take(_ other: ImportReport, lines: [Int]) {
    let room = Self.mostRefusals - refusals.count
    refusals += other.refusals.prefix(max(0, room)).map { refusal in
      Refusal(
        place: lines.indices.contains(refusal.place) ? lines[refusal.place] : 0,
        reason: refusal.reason)
    }
    refused += other.refused
  }
}
