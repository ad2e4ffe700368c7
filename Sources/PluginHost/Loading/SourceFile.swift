import CHostSupport
import Glibc
import HostSupport

/// A user's file while it is being copied: open, and what was known of it before.
final class SourceFile: Sendable {
  let path: String
  let descriptor: FileDescriptor
  let before: FileStatus

  /// Opens a regular file; a pipe does not block, a device is not touched.
  init(_ path: String) throws(StagingError) {
    self.path = path
    do throws(SystemError) {
      descriptor = try FileDescriptor.open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY)
      before = try descriptor.status()
    } catch {
      throw .system(path: path, error)
    }
    guard before.isRegular else { throw .notRegular(path: path) }
  }

  /// Fills `buffer` from `offset`; fewer bytes than before mean that somebody wrote meanwhile.
  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(StagingError) {
    var filled = 0
    while filled < buffer.count {
      let n = unsafe pread(
        descriptor.raw, buffer.baseAddress.map { unsafe $0 + filled }, buffer.count - filled,
        off_t(offset + filled))
      if n == 0 { throw .changed(path: path) }
      if n < 0 {
        if errno == EINTR { continue }
        throw .system(path: path, SystemError("pread", path))
      }
      filled += n
    }
  }

  /// Makes sure that nobody wrote to the file since it was opened, so that `digest` is that of one state of it.
  func checkUnchanged(_ digest: SHA256Digest) throws(StagingError) {
    let now: FileStatus
    do throws(SystemError) {
      now = try descriptor.status()
    } catch {
      throw .system(path: path, error)
    }
    guard now == before else { throw .changed(path: path) }
    // Time stamps advance in steps of a clock tick: a write in the same tick as the one before the copy leaves them as
    // they are. A file that is older than a few ticks cannot have been written so.
    var time = timespec()
    unsafe clock_gettime(CLOCK_REALTIME, &time)
    let nanoseconds = Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
    guard nanoseconds - now.modified < 20_000_000 else { return }
    guard try rehash() == digest else { throw .changed(path: path) }
  }

  private func rehash() throws(StagingError) -> SHA256Digest {
    var hash = SHA256()
    var offset = 0
    while offset < before.size {
      do throws(SystemError) {
        let piece = try descriptor.read(min(1 << 18, before.size - offset), at: offset)
        guard !piece.isEmpty else { break }
        hash.add(piece)
        offset += piece.count
      } catch {
        throw .system(path: path, error)
      }
    }
    return hash.digest()
  }
}
