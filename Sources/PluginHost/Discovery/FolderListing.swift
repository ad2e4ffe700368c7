import CHostSupport
import Glibc
import HostSupport

/// The shared objects and sidecar manifests of a folder with their status, sorted by the bytes of their names.
@safe struct FolderListing: ~Copyable {
  // Safe: the listing is written in `init` and freed in `deinit` only.
  private var listing = unsafe hs_dir_listing()

  /// Reads a folder. The corresponding C functions are `readdir` and `fstatat`.
  init(_ path: String) throws(SystemError) {
    let code = unsafe hs_dir_list(path, &listing)
    guard code == 0 else {
      unsafe hs_dir_free(&listing)
      throw SystemError("opendir", path, code: code)
    }
  }

  deinit {
    var listing = unsafe listing
    unsafe hs_dir_free(&listing)
  }

  var count: Int { unsafe listing.count }

  /// An entry by its place, 0…`count` − 1.
  func entry(_ index: Int) -> hs_dir_entry { unsafe listing.entries[index] }

  /// The name of an entry.
  func name(_ entry: hs_dir_entry) -> String {
    unsafe String(cString: listing.names + Int(entry.name_offset))
  }

  /// Whether an entry's name ends in `.so`; all others are sidecars.
  func isImage(_ entry: hs_dir_entry) -> Bool {
    unsafe listing.names[Int(entry.name_offset + entry.name_length - 1)] == CChar(bitPattern: 0x6F)
  }

  /// Whether the entry's name matches a glob. The corresponding C function is `fnmatch`.
  func matches(_ entry: hs_dir_entry, _ glob: String) -> Bool {
    unsafe fnmatch(glob, listing.names + Int(entry.name_offset), 0) == 0
  }

  func withListing<Result>(
    _ body: (UnsafePointer<hs_dir_listing>, _ count: Int) -> Result
  ) -> Result {
    unsafe withUnsafePointer(to: listing) { unsafe body($0, listing.count) }
  }
}

extension FileIdentity {
  init(_ identity: hs_file_identity) {
    self.init(
      device: identity.device, inode: identity.inode, size: identity.size,
      modified: identity.modified, changed: identity.changed)
  }

  /// The identity as the registry cache keeps it.
  var raw: hs_file_identity {
    hs_file_identity(
      device: device, inode: inode, size: size, modified: modified, changed: changed)
  }
}
