/// What the system says of a file without opening it: the same values mean the same content.
public struct FileIdentity: Sendable, Hashable {
  /// The number of the file's device.
  public var device: UInt64
  /// The file's number on its device.
  public var inode: UInt64
  /// Bytes.
  public var size: UInt64
  /// Nanoseconds since 1970 of the last change to the content.
  public var modified: Int64
  /// Nanoseconds since 1970 of the last change to the content or the file's attributes.
  public var changed: Int64

  /// An identity from its parts.
  public init(device: UInt64, inode: UInt64, size: UInt64, modified: Int64, changed: Int64) {
    self.device = device
    self.inode = inode
    self.size = size
    self.modified = modified
    self.changed = changed
  }
}
