public import HostSupport
public import PluginHost

/// What the command line needs from the host's modules beside a running host.
public struct Backend: Sendable {
  /// Makes a host from what `run` was asked for; it is started later.
  public let makeHost: @Sendable (RunOptions, LogWriter) throws(OperationError) -> any HostRunner
  /// Reads the configuration that a host would be made with.
  public let configure: @Sendable (RunOptions) throws(OperationError) -> HostConfiguration
  /// Looks at a plugin's file without running its code.
  public let inspect:
    @Sendable (_ path: String, TrustPolicy) throws(OperationError) -> InspectReport

  /// Names all of them.
  public init(
    makeHost:
      @escaping @Sendable (RunOptions, LogWriter) throws(OperationError) -> any HostRunner,
    configure:
      @escaping @Sendable (RunOptions) throws(OperationError) -> HostConfiguration = {
        _ throws(OperationError) in HostConfiguration()
      },
    inspect: @escaping @Sendable (String, TrustPolicy) throws(OperationError) -> InspectReport
  ) {
    self.makeHost = makeHost
    self.configure = configure
    self.inspect = inspect
  }

  /// What a host with these options would ask of plugins' files.
  ///
  /// - Throws: `invalid` when the configuration, or what trust rests on, cannot be used.
  public func trust(_ options: RunOptions) throws(OperationError) -> TrustPolicy {
    let settings = try configure(options).trust
    do throws(TrustRefusal) {
      return try TrustPolicy(settings)
    } catch {
      throw OperationError(.invalid, error.reason, advice: error.fix)
    }
  }
}
