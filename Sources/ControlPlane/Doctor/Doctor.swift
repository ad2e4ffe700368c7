public import PluginHost

/// Looks at the machine and at a host's places, and says what is wrong and how to fix it.
public struct Doctor: Sendable {
  let location: HostLocation
  let pluginDirectories: [String]
  let trust: Result<TrustPolicy, OperationError>?

  /// Looks at these places.
  ///
  /// - Parameters:
  ///   - location: The host's state directory and socket.
  ///   - pluginDirectories: The folders to check; those of a running host are checked too.
  ///   - trust: What a host asks of plugins' files, or why that cannot be told; `nil` not to look.
  public init(
    location: HostLocation, pluginDirectories: [String],
    trust: Result<TrustPolicy, OperationError>? = nil
  ) {
    self.location = location
    self.pluginDirectories = pluginDirectories
    self.trust = trust
  }

  /// Makes all checks. Changes nothing, needs no host, and takes at most some seconds.
  public func examine() -> [DoctorCheck] {
    var checks = [runtime(), kernel(), inotifyWatches(), inotifyInstances(), openFiles()]
    checks += stateDirectory()
    if let trust { checks.append(self.check(trust)) }
    let (socket, host) = reachHost()
    checks.append(socket)
    if let host { checks += running(host) }
    let folders = pluginDirectories + (host?.report.pluginDirectories ?? [])
    for folder in Set(folders).sorted() { checks += pluginFolder(folder) }
    return checks
  }
}
