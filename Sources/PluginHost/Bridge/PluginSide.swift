import CHostSupport

/// Marks that the thread runs plugin code for a while, inside a call that the plugin made itself.
@safe enum PluginSide {
  /// Runs a callback of the plugin that called the host; a trap in it is the plugin's own.
  static func run<Result>(_ body: () -> Result) -> Result {
    let side = hs_side_set(HS_SIDE_PLUGIN)
    defer { _ = hs_side_set(side) }
    return body()
  }
}
