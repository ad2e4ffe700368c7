public import HostSupport

/// Why a plugin's file could not be staged. Nothing of it is left in the state directory then.
public enum StagingError: Error, Equatable, CustomStringConvertible {
  /// It is a directory, a pipe, a device or a socket.
  case notRegular(path: String)
  /// Somebody wrote to it meanwhile.
  case changed(path: String)
  /// A library of its own lies where its copy would not be found.
  case outside(path: String, library: String, runpath: String)
  /// It brings more libraries, or more bytes, than a plugin may.
  case tooMuch(path: String, libraries: Int, bytes: Int)
  /// The staged bytes are not what they should be: the inspection's own words.
  case rejected(path: String, reason: String)
  /// The system refused a step.
  case system(path: String, SystemError)

  /// The whole error in one line, with what to do next.
  public var description: String {
    switch self {
    case .notRegular(let path):
      "\(path): not a regular file; a plugin is a shared object"
    case .changed(let path):
      "\(path): changed while copying; try again when it is written completely, "
        + "or replace it by renaming a complete file over it"
    case .outside(let path, let library, let runpath):
      "\(path): its library \(library) lies outside its own folder (by \(runpath)); "
        + "put it beside the plugin or below it and link with -rpath '$ORIGIN'"
    case .tooMuch(let path, let libraries, let bytes):
      "\(path): it brings \(libraries) libraries with \(bytes) bytes; the most are "
        + "\(Stager.maximumLibraries) and \(Stager.maximumBytes): install them as system libraries"
    case .rejected(let path, let reason):
      "\(path): \(reason)"
    case .system(let path, let error):
      "\(path): \(error)"
    }
  }
}
