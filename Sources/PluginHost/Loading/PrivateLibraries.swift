import CHostSupport
import Glibc
import HostSupport

/// Libraries that plugins brought and that are mapped, by the names that the loader finds them by.
///
/// The loader looks a needed library up by name among what is mapped before it looks at files, so a second library of a
/// name is never loaded: the plugin would get the first one.
struct PrivateLibraries {
  /// Which plugin brought the file at a path, and its hash.
  private var files: [String: (plugin: String, digest: SHA256Digest)] = [:]
  /// Names that some plugin's library was ever asked for by.
  private var names: Set<String> = []

  /// Refuses a plugin that would get another library than the one it brings, or somebody else's instead of the system's.
  func check(_ image: StagedImage, plugin: String) throws(LoadError) {
    let own = Set(image.libraries.flatMap(PrivateLibraries.names))
    for library in image.libraries {
      for name in PrivateLibraries.names(of: library) {
        guard let mapped = PrivateLibraries.mapped(as: name) else { continue }
        guard digest(of: mapped) != library.digest else { continue }
        throw .nameTaken(plugin: plugin, library: name, holder: describe(mapped))
      }
    }
    for name in image.facts.needed where names.contains(name) && !own.contains(name) {
      guard let mapped = PrivateLibraries.mapped(as: name), files[mapped] != nil else { continue }
      throw .nameTaken(plugin: plugin, library: name, holder: describe(mapped))
    }
  }

  /// Notes the libraries of an image that was mapped.
  mutating func add(_ image: StagedImage, plugin: String) {
    for library in image.libraries {
      files[library.path] = (plugin, library.digest)
      names.formUnion(PrivateLibraries.names(of: library))
    }
  }

  /// Forgets the libraries of an image that was unmapped, but those that others still use.
  mutating func remove(_ image: StagedImage) {
    for library in image.libraries where unsafe hs_image_under(library.path, nil, 0) == 0 {
      files[library.path] = nil
    }
  }

  private static func names(of library: StagedImage.Library) -> [String] {
    guard let soname = library.soname, soname != library.name else { return [library.name] }
    return [library.name, soname]
  }

  /// The file that the loader would answer a name with, without loading anything.
  private static func mapped(as name: String) -> String? {
    guard let handle = unsafe dlopen(name, RTLD_LAZY | RTLD_NOLOAD) else { return nil }
    defer { unsafe dlclose(handle) }
    return unsafe hs_image_path(handle).map { unsafe String(cString: $0) }
  }

  private func digest(of path: String) -> SHA256Digest? {
    if let known = files[path] { return known.digest }
    // A library of the host's own: rare enough to be hashed when it matters.
    guard let file = try? FileDescriptor.open(path, O_RDONLY), let status = try? file.status(),
      let bytes = try? file.read(status.size, at: 0)
    else { return nil }
    return SHA256Digest.of(bytes)
  }

  private func describe(_ path: String) -> String {
    files[path].map { "brought by \($0.plugin)" } ?? path
  }
}
