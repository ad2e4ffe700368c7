import Glibc
import HostSupport

/// Finds the libraries that a plugin brings under `$ORIGIN`, as the loader would.
struct LibrarySearch {
  /// What is needed by an image whose place, relative to the plugin's folder, is `place`.
  struct Wanted {
    let name: String
    let place: String
    let runpath: [String]
  }

  private let plugin: String
  private let origin: String

  init(plugin: String) {
    self.plugin = plugin
    origin = Self.folder(of: plugin)
  }

  /// The place of a library relative to the plugin's folder, or `nil` when it is none of the plugin's own.
  ///
  /// - Throws: `outside`.
  func find(_ wanted: Wanted) throws(StagingError) -> String? {
    if wanted.name.contains("/") { return nil }
    for entry in wanted.runpath {
      guard let below = Self.belowOrigin(entry) else {
        if unsafe access("\(entry)/\(wanted.name)", R_OK) == 0 { return nil }
        continue
      }
      let relative = "\(wanted.place)/\(below)/\(wanted.name)"
      guard unsafe access("\(origin)/\(relative)", F_OK) == 0 else { continue }
      guard let inside = Self.normalized(relative) else {
        throw .outside(path: plugin, library: wanted.name, runpath: entry)
      }
      return inside
    }
    return nil
  }

  /// The places of all libraries that the plugin brings, found without staging any; what cannot be read is left out.
  func all(_ facts: ImageFacts) -> [String] {
    var places: [String] = []
    var queue = facts.needed.map { Wanted(name: $0, place: "", runpath: facts.runpath) }
    while let wanted = queue.popLast(), places.count <= Stager.maximumLibraries {
      guard let found = try? find(wanted), !places.contains(found), "\(origin)/\(found)" != plugin,
        let image = try? ElfImage(path: "\(origin)/\(found)")
      else { continue }
      places.append(found)
      queue += Self.wanted(image.facts.needed, image.facts.runpath, at: found, facts.runpath)
    }
    return places
  }

  /// What a library needs in its turn.
  ///
  /// A DT_RPATH of the plugin holds for its libraries too; searching it in vain does no harm.
  static func wanted(
    _ needed: [String], _ runpath: [String], at place: String, _ pluginRunpath: [String]
  ) -> [Wanted] {
    let folder = Self.folder(of: place, or: "")
    return needed.map { Wanted(name: $0, place: folder, runpath: runpath) }
      + needed.map { Wanted(name: $0, place: "", runpath: pluginRunpath) }
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

  /// The folder that a path lies in.
  static func folder(of path: String, or otherwise: String = ".") -> String {
    guard let slash = path.lastIndex(of: "/") else { return otherwise }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }
}
