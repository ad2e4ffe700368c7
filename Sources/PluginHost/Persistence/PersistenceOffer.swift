import CDovetail
import EventBus
import HostSupport

/// A provider that a plugin offers: its table of functions, and whose it is.
///
/// Threading: immutable; calls are made by `PluginProvider`.
@safe final class PersistenceOffer: @unchecked Sendable {
  // Safe: the functions lie in an image that stays mapped while the offer is in its registry; a later call finds `callable` ended.
  let table: dvt_provider
  let name: String
  let owner: Owner
  /// Gone when the plugin's image is. Weak: the host's store, which it keeps, would keep its host.
  weak let instance: PluginInstance?
  /// What calls of the table run through.
  let callable: Callable

  private static let longestName = 64

  /// Reads a table up to the size that both sides know.
  ///
  /// - Throws: DVT_INVALID that says what is wrong with it.
  init(reading provider: UnsafePointer<dvt_provider>, of instance: PluginInstance)
    throws(ErrorReport)
  {
    let size = unsafe provider.pointee.struct_size
    unsafe try ABIEntry.checkSize(
      size, "dvt_provider", atLeast: MemoryLayout<dvt_provider>.offset(of: \.backup) ?? 0)
    var own = unsafe dvt_provider()
    let common = unsafe min(Int(size), MemoryLayout<dvt_provider>.size)
    unsafe withUnsafeMutableBytes(of: &own) { bytes in
      unsafe bytes.copyMemory(from: UnsafeRawBufferPointer(start: provider, count: common))
    }
    name = unsafe own.name.text
    if let problem = Self.problem(inName: name) { throw ErrorReport(DVT_INVALID, problem) }
    guard unsafe own.open != nil, unsafe own.load != nil, unsafe own.for_each != nil,
      unsafe own.save != nil, unsafe own.sync != nil, unsafe own.save_session != nil,
      unsafe own.load_session != nil, unsafe own.close != nil
    else {
      throw ErrorReport(
        DVT_INVALID,
        "provider '\(name)' lacks a function; only backup, search, save_metrics and metrics may be NULL"
      )
    }
    guard unsafe [DVT_DURABILITY_OS, DVT_DURABILITY_DISK].contains(own.strongest) else {
      throw ErrorReport(
        DVT_INVALID,
        "provider '\(name)' says strongest \(unsafe own.strongest); "
          + "say DVT_DURABILITY_OS or DVT_DURABILITY_DISK")
    }
    unsafe own.name = dvt_str()
    unsafe table = unsafe own
    self.instance = instance
    owner = instance.owner
    callable = unsafe Callable(
      owner: instance.owner, inPlugin: true, label: "provider \(name)")
  }

  /// Why a text is no provider's name; `nil` when it may be one.
  static func problem(inName name: String) -> String? {
    let isGood =
      (1...longestName).contains(name.utf8.count)
      && name.allSatisfy {
        $0.isASCII && ($0.isLowercase || $0.isNumber || $0 == "_" || $0 == "-")
      }
    guard isGood else {
      return "'\(name)' is no provider's name; use 1 to 64 of a-z 0-9 _ -"
    }
    guard !HostConfiguration.Metadata.Provider.inKernel.contains(where: { $0.rawValue == name })
    else { return "'\(name)' is the name of a provider in the kernel; take another" }
    return nil
  }
}
