import CDovetail
public import PluginSDK

extension PluginContext {
  /// Offers a provider, which the host opens when its configuration names it.
  ///
  /// Call it in `init(context:)`. A plugin that carries the store is neither unloaded nor reloaded while the host runs.
  ///
  /// - Parameter provider: Kept until `stop()` has returned.
  /// - Throws: `invalid`, `exists` (another plugin offers that name), `unsupported` (an older host) or `gone`.
  public func provide(_ provider: any RecordProvider) throws(PluginError) {
    let interface: UnsafePointer<dvt_persistence> = unsafe try interface("dovetail.persistence/1")
    guard let provide = unsafe interface.pointee.provide else {
      throw PluginError(.unsupported, "this host keeps no records with plugins: update the host")
    }
    let holder = ProviderHolder(provider)
    var table = unsafe ProviderTable.table(of: provider)
    unsafe table.context = unsafe keep(holder)
    unsafe try provider.name.borrowedThrowing { (name) throws(PluginError) in
      unsafe table.name = unsafe name
      unsafe try attempt { unsafe provide(host, &table, $0) }
    }
  }
}

extension String {
  fileprivate func borrowedThrowing(
    _ body: (dvt_str) throws(PluginError) -> Void
  ) throws(PluginError) {
    let outcome = unsafe borrowed { text in
      Result { () throws(PluginError) in unsafe try body(text) }
    }
    try outcome.get()
  }
}

/// What the host's context pointer points at.
final class ProviderHolder: Sendable {
  let provider: any RecordProvider

  init(_ provider: any RecordProvider) { self.provider = provider }

  static func of(_ context: UnsafeMutableRawPointer?) throws(PluginError) -> any RecordProvider {
    guard let context = unsafe context else {
      throw PluginError(.invalid, "the host sent no context")
    }
    return unsafe Unmanaged<ProviderHolder>.fromOpaque(context).takeUnretainedValue().provider
  }
}
