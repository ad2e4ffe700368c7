/// Why an image could not be mapped, or not be used. Nothing that runs was harmed.
public enum LoadError: Error, Equatable, CustomStringConvertible {
  /// Another load or unload has not come back: its image's constructors or destructors run on, or hang.
  case loaderStuck(plugin: String, by: String, activity: String, milliseconds: Int)
  /// A library of that name is mapped already, with other contents; the loader would not load a second one.
  case nameTaken(plugin: String, library: String, holder: String)
  /// `dlopen` refused it, in its own words.
  case refused(plugin: String, source: String, reason: String)
  /// It has no entry point.
  case noEntry(plugin: String, source: String, symbol: String)
  /// The loader gave an image that was mapped before.
  case notFresh(plugin: String, source: String, mapped: String)

  /// The whole error in one line, with what to do next.
  public var description: String {
    switch self {
    case .loaderStuck(let plugin, let by, let activity, let milliseconds):
      "\(plugin): nothing can be loaded or unloaded now: \(activity) \(by) has not come back for "
        + "\(milliseconds) ms; if it never does, restart the host without \(by)"
    case .nameTaken(let plugin, let library, let holder):
      "\(plugin): it brings its own \(library), but another library of that name is mapped already "
        + "(\(holder)), and one process holds one of a name; rename it (its SONAME), "
        + "isolate the plugin, or restart the host"
    case .refused(let plugin, let source, let reason):
      "\(plugin): \(source) cannot be loaded: \(reason)"
    case .noEntry(let plugin, let source, let symbol):
      "\(plugin): \(source) does not export \(symbol); export that function, "
        + "and see that no version script hides it"
    case .notFresh(let plugin, let source, let mapped):
      "\(plugin): the loader answered \(source) with \(mapped), which was mapped before; "
        + "restart the host"
    }
  }
}
