import CHostSupport

/// A mapped image of a plugin.
///
/// Threading: immutable; may be used from any thread. It stays mapped until `ImageLoader.unload` says `unmapped`, whatever
/// becomes of this value.
@safe public final class LoadedImage: Sendable {
  /// Bytes of the address space that an object covers.
  public struct Extent: Sendable, Equatable {
    /// The first byte.
    public let start: UInt64
    /// One past the last byte.
    public let end: UInt64
    /// Its length.
    public var bytes: Int { Int(clamping: end &- start) }
  }

  /// The plugin's id, for messages.
  public let plugin: String
  /// What the caller calls it in the table of addresses.
  public let owner: UInt64
  /// The copy that is mapped.
  public let staged: StagedImage
  /// Where the image lies, first, then the libraries that came with it and were not mapped before.
  public let extents: [Extent]
  /// The address of the entry function; valid while the image is mapped.
  public var entry: UnsafeRawPointer { unsafe entryPointer }

  // Safe: written once; read by the loader, which passes it to `dlclose` once.
  nonisolated(unsafe) let handle: UnsafeMutableRawPointer
  private nonisolated(unsafe) let entryPointer: UnsafeRawPointer
  let slots: [Int32]

  init(
    plugin: String, owner: UInt64, staged: StagedImage, extents: [Extent],
    handle: UnsafeMutableRawPointer, entry: UnsafeRawPointer
  ) {
    self.plugin = plugin
    self.owner = owner
    self.staged = staged
    self.extents = extents
    unsafe self.handle = unsafe handle
    unsafe entryPointer = unsafe entry
    slots = extents.map { hs_image_add(hs_range(start: $0.start, end: $0.end), owner) }
  }

  /// Bytes of address space that the image and its libraries hold.
  public var bytes: Int { extents.reduce(0) { $0 + $1.bytes } }

  /// Whose image holds an address: the `owner` that it was loaded with, or `nil` for no plugin's.
  public static func owner(of address: UInt64) -> UInt64? {
    let owner = hs_image_owner(address)
    return owner == 0 ? nil : owner
  }

  func forgetAddresses() {
    for slot in slots { hs_image_remove(slot) }
  }
}
