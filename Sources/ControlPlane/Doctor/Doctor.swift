import PluginHost

/// Looks at the machine and at a host's places, and says what is wrong and how to fix it.
public struct Doctor: Sendable {
  let location: HostLocation
  let pluginDirectories: [String]

  /// Looks at these places.
  ///
  /// - Parameters:
  ///   - location: The host's state directory and socket.
  ///   - pluginDirectories: The folders to check; those of a running host are checked too.
  public init(location: HostLocation, pluginDirectories: [String]) {
    self.location = location
    self.pluginDirectories = pluginDirectories
  }

  /// Makes all checks. Changes nothing, needs no host, and takes at most some seconds.
  public func examine() -> [DoctorCheck] {
    var checks = [runtime(), kernel(), inotifyWatches(), inotifyInstances(), openFiles()]
    checks += stateDirectory()
    let (socket, host) = reachHost()
    checks.append(socket)
    if let host { checks += running(host) }
    let folders = pluginDirectories + (host?.report.pluginDirectories ?? [])
    for folder in Set(folders).sorted() { checks += pluginFolder(folder) }
    return checks
  }
}
