import HostSupport

/// What a signature of a plugin says: which files make it up.
///
/// It is the text that `sha256sum` prints for the plugin, and after it for its own libraries and its sidecar manifest, sorted, by
/// their paths relative to the plugin's folder.
struct TrustStatement: Sendable, Equatable {
  /// A file of the plugin's.
  struct Line: Sendable, Equatable {
    /// Its path relative to the plugin's folder.
    let path: String
    /// The hash of its bytes.
    let hash: SHA256Digest
  }

  /// The files, the plugin's first.
  let lines: [Line]

  /// A statement of files.
  ///
  /// - Parameters:
  ///   - plugin: The plugin's own file, named as in its folder.
  ///   - others: Its libraries and its sidecar manifest, in any order.
  init(plugin: Line, others: [Line]) {
    lines = [plugin] + others.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
  }

  /// The text that is signed.
  var text: String { lines.map { "\($0.hash)  \($0.path)\n" }.joined() }
}

extension TrustStatement {
  /// What was staged, and the sidecar manifest that it was resolved with.
  init(_ image: StagedImage, sidecar: SHA256Digest?) {
    var others = image.libraries.map { Line(path: $0.relativePath, hash: $0.digest) }
    if let sidecar {
      others.append(
        Line(path: Self.name(Inspection.sidecarPath(for: image.source)), hash: sidecar))
    }
    self.init(plugin: Line(path: Self.name(image.source), hash: image.digest), others: others)
  }

  /// What lies in a folder now.
  ///
  /// - Throws: `TrustRefusal` when a file cannot be read.
  init(
    ofFile path: String, facts: ImageFacts, hash: SHA256Digest?, sidecar: [UInt8]?
  ) throws(TrustRefusal) {
    let folder = LibrarySearch.folder(of: path)
    do throws(SystemError) {
      var others: [Line] = []
      for library in LibrarySearch(plugin: path).all(facts) {
        others.append(
          Line(path: library, hash: try SHA256Digest(ofFile: "\(folder)/\(library)")))
      }
      if let sidecar {
        let name = Self.name(Inspection.sidecarPath(for: path))
        others.append(Line(path: name, hash: SHA256Digest.of(sidecar)))
      }
      let own = if let hash { hash } else { try SHA256Digest(ofFile: path) }
      self.init(plugin: Line(path: Self.name(path), hash: own), others: others)
    } catch {
      throw TrustRefusal("\(error)", fix: "see that it is there and readable")
    }
  }

  private static func name(_ path: String) -> String {
    path.split(separator: "/").last.map(String.init) ?? path
  }
}
