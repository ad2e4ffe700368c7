import FoundationEssentials
import HostSupport

extension FileProvider {
  /// Reads one record's file.
  public func load(_ collection: String, _ key: String) throws(MetadataError) -> MetadataRecord? {
    let stem = layout.stem(collection, key)
    let overlay = try record(FileLayout.overlay(stem))
    let base = try record(FileLayout.base(stem))
    guard let overlay, overlay.modified >= base?.modified ?? 0 else { return base }
    return overlay
  }

  /// Reads every record's file.
  public func forEach(_ receive: (MetadataRecord) -> Void) throws(MetadataError) {
    try forEach(in: layout.records, receive)
  }

  private func forEach(
    in folder: String, _ receive: (MetadataRecord) -> Void
  ) throws(MetadataError) {
    guard FileCalls.exists(folder) else { return }
    var stems: Set<String> = []
    for name in try names(in: folder) {
      let path = "\(folder)/\(name)"
      if name.hasSuffix("~.json") {
        stems.insert(String(path.dropLast(6)))
      } else if name.hasSuffix(".json") {
        stems.insert(String(path.dropLast(5)))
      } else if FileCalls.isFolder(path) {
        try forEach(in: path, receive)
      }
    }
    for stem in stems {
      let overlay = try record(FileLayout.overlay(stem))
      let base = try record(FileLayout.base(stem))
      if let overlay, overlay.modified >= base?.modified ?? 0 {
        receive(overlay)
      } else if let base {
        receive(base)
      }
    }
  }

  private func record(_ path: String) throws(MetadataError) -> MetadataRecord? {
    guard let body = try body(path, kind: "record") else { return nil }
    return try MetadataRecord(json: body)
  }

  private func names(in folder: String) throws(MetadataError) -> [String] {
    do {
      return try FileManager.default.contentsOfDirectory(atPath: folder)
    } catch {
      throw .storage("cannot list \(folder): \(error)")
    }
  }

  /// The content of a file that was written by this provider; `nil` when it is absent.
  func body(_ path: String, kind: String) throws(MetadataError) -> JSON? {
    let bytes: [UInt8]?
    do throws(SystemError) {
      bytes = try FileCalls.read(path, limit: 16 << 20)
    } catch {
      throw .storage("cannot read \(path): \(error)")
    }
    guard let bytes else { return nil }
    switch Envelope.content(bytes, kind: kind) {
    case .body(let body): return body
    case .damaged(let reason): throw .storage("\(path) is damaged: \(reason)")
    case .newer(let format):
      throw .newerFormat(path: path, found: format, supported: Envelope.format)
    }
  }
}
