import FoundationEssentials
import HostSupport
import MetadataStore

/// The document `host` that a provider keeps: `{"format": 1, "run": …, "before": …}`.
extension SessionReport {
  /// The name under which it is kept.
  static let session = "host"
  private static let format = 1
  private static let mostBytes = 1 << 20

  private struct Document: Codable {
    var format: Int
    var run: Run
    var before: Run?
  }

  private struct Head: Codable {
    var format: Int
  }

  /// Reads what is kept.
  ///
  /// - Parameter provider: Open.
  /// - Returns: `nil` when nothing is.
  /// - Throws: `.storage`, or `.newerFormat`.
  static func kept(with provider: any PersistenceProvider) throws(MetadataError) -> SessionReport? {
    guard let bytes = try provider.loadSession(session) else { return nil }
    let place = "the session '\(session)' of \(provider.name)"
    guard let head = try? JSONDecoder().decode(Head.self, from: Data(bytes)) else {
      throw .storage("\(place) is damaged; it is written anew when the host is started again")
    }
    guard head.format <= format else {
      throw .newerFormat(path: place, found: head.format, supported: format)
    }
    guard let document = try? JSONDecoder().decode(Document.self, from: Data(bytes)) else {
      throw .storage("\(place) is damaged; it is written anew when the host is started again")
    }
    return SessionReport(run: document.run, before: document.before)
  }

  /// Keeps a run; what is kept of another becomes the run before.
  ///
  /// - Throws: `.storage`, or `.newerFormat` after having changed nothing.
  static func keep(_ run: Run, with provider: any PersistenceProvider) throws(MetadataError) {
    var former: SessionReport?
    do throws(MetadataError) { former = try kept(with: provider) } catch {
      // What is damaged is of no use to anybody.
      if case .newerFormat = error { throw error }
    }
    let isSame = former?.run.started == run.started
    let before = isSame ? former?.before : former?.run
    var bytes = encoded(run, before)
    if bytes.count > mostBytes { bytes = encoded(run, nil) }
    guard bytes.count <= mostBytes else {
      throw .tooLarge("the configuration has \(bytes.count) bytes; at most 1 MiB is kept")
    }
    try provider.saveSession(bytes, as: session)
  }

  private static func encoded(_ run: Run, _ before: Run?) -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let document = Document(format: format, run: run, before: before)
    return (try? encoder.encode(document)).map { Array($0) } ?? []
  }
}
