import CDovetail

/// What a plugin's entry returned, read up to the size that both sides know.
@safe struct PluginCallbacks: @unchecked Sendable {
  // Safe: function pointers into an image that stays mapped while the generation lives.
  let table: dvt_plugin

  /// Callbacks that are known to be whole.
  init(table: dvt_plugin) { self.table = table }

  /// Reads the callbacks.
  ///
  /// - Parameters:
  ///   - plugin: What the entry returned.
  ///   - id: For messages.
  /// - Throws: `ErrorReport` when it is NULL, malformed, or of another major revision.
  init(reading plugin: UnsafePointer<dvt_plugin>?, id: String) throws(ErrorReport) {
    guard let plugin = unsafe plugin else {
      throw ErrorReport(
        DVT_UNSUPPORTED,
        "its entry returned NULL: it refuses this host (ABI \(DVT_ABI_MAJOR).\(DVT_ABI_MINOR)); use a build for this host"
      )
    }
    let size = unsafe plugin.pointee.struct_size
    let major = unsafe plugin.pointee.abi_major
    guard Int32(major) == DVT_ABI_MAJOR else {
      throw ErrorReport(
        DVT_UNSUPPORTED,
        "it was built for ABI \(major).\(unsafe plugin.pointee.abi_minor), this host speaks "
          + "\(DVT_ABI_MAJOR).\(DVT_ABI_MINOR); rebuild it with this host's header")
    }
    let least = unsafe 8 + 2 * MemoryLayout<UnsafeRawPointer>.size
    guard size >= UInt32(least), size <= 65_536 else {
      throw ErrorReport(
        DVT_INVALID, "dvt_plugin.struct_size is \(size); set it to sizeof(dvt_plugin)")
    }
    var own = dvt_plugin()
    let common = min(Int(size), MemoryLayout<dvt_plugin>.size)
    unsafe withUnsafeMutableBytes(of: &own) { bytes in
      unsafe bytes.copyMemory(from: UnsafeRawBufferPointer(start: plugin, count: common))
    }
    guard unsafe own.`init` != nil, unsafe own.cleanup != nil else {
      throw ErrorReport(DVT_INVALID, "dvt_plugin.init or .cleanup is NULL; both are required")
    }
    table = own
  }
}
