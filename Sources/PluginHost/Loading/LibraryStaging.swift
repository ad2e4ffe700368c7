import Glibc
import HostSupport

/// Finds the libraries that a plugin brings under `$ORIGIN`, as the loader would, and stages them with it.
struct LibraryStaging {
  let worker: StagingWorker
  let plugin: StagedImage
  /// The folder, in the staging directory, that the plugin and its libraries get.
  let folder: String

  private let origin: String
  private var libraries: [StagedImage.Library] = []
  private var bytes: Int
  private var made = false

  init(worker: StagingWorker, plugin: StagedImage, folder: String) {
    self.worker = worker
    self.plugin = plugin
    self.folder = folder
    origin = LibraryStaging.parent(of: plugin.source)
    bytes = plugin.size
  }

  /// What is needed by an image whose place, relative to the plugin's folder, is `place`.
  private struct Wanted {
    let name: String
    let place: String
    let runpath: [String]
  }

  /// Stages the libraries.
  ///
  /// - Returns: The plugin with its libraries, moved into the folder; unchanged when it brings none.
  /// - Throws: Why a library could not be staged.
  consuming func run() throws(StagingError) -> StagedImage {
    var queue = plugin.facts.needed.map {
      Wanted(name: $0, place: "", runpath: plugin.facts.runpath)
    }
    while let wanted = queue.popLast() {
      guard let found = try find(wanted) else { continue }
      guard !libraries.contains(where: { $0.relativePath == found }) else { continue }
      let facts = try stage(wanted.name, from: found)
      let place = LibraryStaging.parent(of: found, or: "")
      // A DT_RPATH of the plugin holds for its libraries too; searching it in vain does no harm.
      queue +=
        facts.needed.map {
          Wanted(name: $0, place: place, runpath: facts.runpath)
        } + facts.needed.map { Wanted(name: $0, place: "", runpath: plugin.facts.runpath) }
    }
    return made ? try moveIn() : plugin
  }

  /// The place of a library relative to the plugin's folder, or `nil` when it is none of the plugin's own.
  private func find(_ wanted: Wanted) throws(StagingError) -> String? {
    if wanted.name.contains("/") { return nil }
    for entry in wanted.runpath {
      guard let below = LibraryStaging.belowOrigin(entry) else {
        if unsafe access("\(entry)/\(wanted.name)", R_OK) == 0 { return nil }
        continue
      }
      let relative = "\(wanted.place)/\(below)/\(wanted.name)"
      guard unsafe access("\(origin)/\(relative)", F_OK) == 0 else { continue }
      guard let inside = LibraryStaging.normalized(relative) else {
        throw .outside(path: plugin.source, library: wanted.name, runpath: entry)
      }
      return inside
    }
    return nil
  }

  private mutating func stage(
    _ name: String, from relative: String
  ) throws(StagingError) -> LoadFacts {
    try makeFolders(for: relative)
    let target = "\(folder)/\(relative)"
    let (digest, facts, size) = try worker.copyLibrary(from: "\(origin)/\(relative)", to: target)
    bytes += size
    libraries.append(
      StagedImage.Library(
        name: name, soname: facts.soname, relativePath: relative,
        path: worker.stager.state.staging.path(of: target), digest: digest))
    guard libraries.count <= Stager.maximumLibraries, bytes <= Stager.maximumBytes else {
      throw .tooMuch(path: plugin.source, libraries: libraries.count, bytes: bytes)
    }
    return facts
  }

  private mutating func makeFolders(for relative: String) throws(StagingError) {
    var path = folder
    do throws(SystemError) {
      try worker.stager.state.staging.makeDirectory(path)
      made = true
      for part in relative.split(separator: "/").dropLast() {
        path += "/\(part)"
        try worker.stager.state.staging.makeDirectory(path)
      }
    } catch {
      throw .system(path: plugin.source, error)
    }
  }

  private func moveIn() throws(StagingError) -> StagedImage {
    let base = plugin.source.split(separator: "/").last.map(String.init) ?? plugin.entry
    // A library of the same name as the plugin is the plugin itself, needed in a circle.
    let name = "\(folder)/\(base)"
    do throws(SystemError) {
      try worker.stager.state.staging.rename(plugin.entry, to: name)
    } catch {
      throw .system(path: plugin.source, error)
    }
    return StagedImage(
      source: plugin.source, path: worker.stager.state.staging.path(of: name), entry: folder,
      digest: plugin.digest, size: plugin.size, facts: plugin.facts,
      libraries: libraries.filter { $0.relativePath != base })
  }

  /// What follows `$ORIGIN` in an entry of a search path, or `nil` when it does not begin so.
  static func belowOrigin(_ entry: String) -> String? {
    for prefix in ["$ORIGIN", "${ORIGIN}"] where entry.hasPrefix(prefix) {
      let rest = entry.dropFirst(prefix.count)
      if rest.isEmpty || rest.hasPrefix("/") { return String(rest) }
    }
    return nil
  }

  /// A relative path without `.`, `..` and empty parts, or `nil` when it leads out of its folder.
  static func normalized(_ path: String) -> String? {
    var parts: [Substring] = []
    for part in path.split(separator: "/") where part != "." {
      if part != ".." {
        parts.append(part)
      } else if parts.popLast() == nil {
        return nil
      }
    }
    return parts.joined(separator: "/")
  }

  private static func parent(of path: String, or otherwise: String = ".") -> String {
    guard let slash = path.lastIndex(of: "/") else { return otherwise }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }
}
