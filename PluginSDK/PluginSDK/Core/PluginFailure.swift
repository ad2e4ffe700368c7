#if hasFeature(Embedded)
  /// What a plugin's callbacks may throw: only `PluginError`, because Embedded Swift has no existentials.
  public typealias PluginFailure = PluginError

  extension PluginError {
    /// The failure as it goes to the host.
    init(reporting failure: PluginFailure) {
      self = failure
    }
  }
#else
  /// What a plugin's callbacks may throw: any error. One that is no `PluginError` is reported as `failed` with its text.
  public typealias PluginFailure = any Error

  extension PluginError {
    /// The failure as it goes to the host.
    init(reporting failure: PluginFailure) {
      if let error = failure as? PluginError {
        self = error
      } else if failure is CancellationError {
        self = PluginError(.failed, "cancelled")
      } else {
        self = PluginError(.failed, "\(failure)")
      }
    }
  }
#endif
