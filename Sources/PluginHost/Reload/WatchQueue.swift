import Glibc
import HostSupport
import Synchronization

/// The kernel's queue of events of one folder.
///
/// Threading: made on one thread, then used on the watcher's.
final class WatchQueue: Sendable {
  /// What one event says.
  enum Event {
    /// A name was written, moved or removed.
    case touched(String)
    /// A name was made.
    case made(String)
    /// Events were lost.
    case overflow
    /// The folder itself went away.
    case folderGone
  }

  let folder: String
  let descriptor: FileDescriptor
  /// A socket; readable when the watch is to end.
  let wake: FileDescriptor

  init(folder: String, wake: consuming FileDescriptor) throws(SystemError) {
    self.wake = wake
    let raw = inotify_init1(Int32(IN_CLOEXEC | IN_NONBLOCK))
    guard raw >= 0 else { throw SystemError("inotify_init1", folder) }
    descriptor = FileDescriptor(owning: raw)
    self.folder = folder
    if !watch(), errno != ENOENT, errno != ENOTDIR {
      throw SystemError("inotify_add_watch", folder)
    }
  }

  /// Watches what the path names now.
  ///
  /// - Returns: Whether there is such a folder; else `errno` says why not.
  func watch() -> Bool {
    let events = IN_CREATE | IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_ATTRIB
    let mask = UInt32(events | IN_DELETE_SELF | IN_MOVE_SELF) | UInt32(IN_ONLYDIR)
    let added = unsafe inotify_add_watch(descriptor.raw, folder, mask)
    number.store(added, ordering: .relaxed)
    return added >= 0
  }

  /// The watch's number; events of a former folder carry another one.
  private let number = Atomic<Int32>(-1)

  /// Stops watching what the path named.
  func unwatch() {
    inotify_rm_watch(descriptor.raw, number.exchange(-1, ordering: .relaxed))
  }

  /// Takes all events that there are.
  func take() -> [Event] {
    var events: [Event] = []
    while let bytes = piece() {
      var offset = 0
      while offset + 16 <= bytes.count {
        let header = unsafe bytes.withUnsafeBytes {
          unsafe $0.loadUnaligned(fromByteOffset: offset, as: inotify_event.self)
        }
        let name = bytes[(offset + 16)...].prefix(Int(header.len)).prefix { $0 != 0 }
        offset += 16 + Int(header.len)
        if let event = event(header, String(decoding: name, as: UTF8.self)) { events.append(event) }
      }
    }
    return events
  }

  private func event(_ header: inotify_event, _ name: String) -> Event? {
    if header.mask & UInt32(IN_Q_OVERFLOW) != 0 { return .overflow }
    guard header.wd == number.load(ordering: .relaxed) else { return nil }
    if header.mask & UInt32(IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED | IN_UNMOUNT) != 0 {
      return .folderGone
    }
    if name.isEmpty { return nil }
    return header.mask & UInt32(IN_CREATE) != 0 ? .made(name) : .touched(name)
  }

  private func piece() -> [UInt8]? {
    let size = 16_384
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: size) { buffer, filled in
      let n = unsafe read(descriptor.raw, buffer.baseAddress, size)
      filled = max(0, n)
    }
    return bytes.isEmpty ? nil : bytes
  }
}
