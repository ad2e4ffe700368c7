import HostSupport

/// Finds the libraries that a plugin brings under `$ORIGIN`, as the loader would, and stages them with it.
struct LibraryStaging {
  let worker: StagingWorker
  let plugin: StagedImage
  /// The folder, in the staging directory, that the plugin and its libraries get.
  let folder: String

  private let search: LibrarySearch
  private let origin: String
  private var libraries: [StagedImage.Library] = []
  private var bytes: Int
  private var made = false

  init(worker: StagingWorker, plugin: StagedImage, folder: String) {
    self.worker = worker
    self.plugin = plugin
    self.folder = folder
    search = LibrarySearch(plugin: plugin.source)
    origin = LibrarySearch.folder(of: plugin.source)
    bytes = plugin.size
  }

  /// Stages the libraries.
  ///
  /// - Returns: The plugin with its libraries, moved into the folder; unchanged when it brings none.
  /// - Throws: Why a library could not be staged.
  consuming func run() throws(StagingError) -> StagedImage {
    var queue = plugin.facts.needed.map {
      LibrarySearch.Wanted(name: $0, place: "", runpath: plugin.facts.runpath)
    }
    while let wanted = queue.popLast() {
      guard let found = try search.find(wanted) else { continue }
      guard !libraries.contains(where: { $0.relativePath == found }) else { continue }
      let facts = try stage(wanted.name, from: found)
      queue += LibrarySearch.wanted(facts.needed, facts.runpath, at: found, plugin.facts.runpath)
    }
    return made ? try moveIn() : plugin
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
}
