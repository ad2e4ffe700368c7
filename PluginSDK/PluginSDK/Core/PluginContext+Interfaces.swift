package import CDovetail

/// What parts of the SDK that are products of their own build on.
extension PluginContext {
  /// The plugin's pointer to its host.
  package var host: UnsafePointer<dvt_host> { unsafe link.host }

  /// A table of the host's functions.
  ///
  /// - Parameter name: Such as `dovetail.persistence/1`.
  /// - Returns: The struct that the interface's header names.
  /// - Throws: `unsupported` when this host does not offer it.
  package func interface<Table>(
    _ name: StaticString
  ) throws(PluginError) -> UnsafePointer<Table> {
    guard let table: UnsafePointer<Table> = unsafe HostLink.find(link.host, name) else {
      throw HostLink.missing(name)
    }
    return unsafe table
  }

  #if !hasFeature(Embedded)
    /// Keeps an object until `stop()` has returned.
    ///
    /// - Parameter object: What the host holds a pointer to.
    /// - Returns: The pointer.
    package func keep(_ object: some AnyObject & Sendable) -> UnsafeMutableRawPointer {
      boxes.add(KeptObject(object))
      return unsafe Unmanaged.passUnretained(object).toOpaque()
    }
  #endif
}

#if !hasFeature(Embedded)
  private final class KeptObject: Box, @unchecked Sendable {
    // Safe: immutable.
    private let object: AnyObject

    init(_ object: AnyObject) { self.object = object }
  }
#endif
