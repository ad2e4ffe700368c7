import Glibc
import HostSupport
import TestSupport
import Testing

@testable import PluginHost

@Suite("Who may own plugins, and who may write to them")
struct FileOwnershipTests {
  private let directory = TemporaryDirectory()
  private let isRoot = geteuid() == 0

  private func file(_ name: String, mode: mode_t = 0o644) throws -> String {
    let path = directory.file(name)
    _ = try FileDescriptor.open(path, O_WRONLY | O_CREAT)
    unsafe chmod(path, mode)
    return path
  }

  private func folder(_ name: String, mode: mode_t) -> String {
    let path = directory.file(name)
    unsafe mkdir(path, 0o700)
    unsafe chmod(path, mode)
    return path
  }

  /// What is wrong with a file and the way to it; `nil` when nothing is.
  private func refusal(_ path: String, owners: [String] = []) -> TrustRefusal? {
    do throws(TrustRefusal) {
      let ownership = try FileOwnership(others: owners)
      var status = stat()
      _ = unsafe stat(path, &status)
      try ownership.check(FileStatus(status), path)
      try ownership.checkWay(to: path)
      return nil
    } catch {
      return error
    }
  }

  @Test("A file of the host's own user in a folder of its own is good")
  func good() throws {
    #expect(try refusal(file("a.so")) == nil)
    #expect(try refusal(file("b.so", mode: 0o400)) == nil)
  }

  @Test("A file that everybody can write to is refused with the chmod to run")
  func openFile() throws {
    let path = try file("a.so", mode: 0o666)
    #expect(
      refusal(path)
        == TrustRefusal("everybody can write to \(path)", fix: "chmod o-w \(path)"))
  }

  @Test("So is a folder, wherever on the way it is")
  func openFolder() throws {
    let outer = folder("outer", mode: 0o777)
    _ = folder("outer/inner", mode: 0o755)
    let path = try file("outer/inner/a.so")
    #expect(
      refusal(path)
        == TrustRefusal("everybody can write to \(outer)", fix: "chmod o-w \(outer)"))
  }

  @Test("A folder may lie in one with the sticky bit, a plugin may not")
  func sticky() throws {
    let shared = folder("shared", mode: 0o1777)
    _ = folder("shared/own", mode: 0o755)
    #expect(try refusal(file("shared/own/a.so")) == nil)
    let path = try file("shared/a.so")
    #expect(refusal(path)?.reason == "everybody can write to \(shared)")
  }

  @Test("A link is followed, and both ways are looked at")
  func links() throws {
    let real = folder("real", mode: 0o755)
    _ = try file("real/a.so")
    unsafe symlink(real, directory.file("link"))
    #expect(refusal(directory.file("link/a.so")) == nil)
    unsafe symlink("real/a.so", directory.file("a.so"))
    #expect(refusal(directory.file("a.so")) == nil)
    let open = folder("open", mode: 0o777)
    unsafe symlink(real, "\(open)/link")
    #expect(refusal("\(open)/link/a.so")?.reason == "everybody can write to \(open)")
    unsafe symlink(open, directory.file("into"))
    _ = try file("open/b.so")
    #expect(refusal(directory.file("into/b.so"))?.reason == "everybody can write to \(open)")
    unsafe symlink("loop", directory.file("loop"))
    #expect(
      refusal(directory.file("loop/a.so"))?.reason
        == "\(directory.file("loop")) is a link that leads nowhere")
    #expect(refusal("\(real)/../real/./a.so") == nil)
  }

  @Test("Another user's file is refused, unless that user is named", .enabled(if: geteuid() == 0))
  func owner() throws {
    let path = try file("a.so")
    unsafe chown(path, 54_321, 0)
    #expect(
      refusal(path)
        == TrustRefusal(
          "\(path) belongs to 54321, not to root",
          fix: "chown root \(path), or add \"54321\" to trust.owners"))
    #expect(refusal(path, owners: ["54321"]) == nil)
    #expect(
      refusal(path, owners: ["no-such-user"])?.reason
        == "trust.owners names no-such-user, and there is no such user")
  }

  @Test("A folder of another user's on the way is refused too", .enabled(if: geteuid() == 0))
  func folderOwner() throws {
    let outer = folder("outer", mode: 0o755)
    let path = try file("outer/a.so")
    unsafe chown(outer, 54_321, 0)
    #expect(refusal(path)?.reason == "\(outer) belongs to 54321, not to root")
  }

  @Test("A group may write only when it is the user's own", .enabled(if: geteuid() == 0))
  func group() throws {
    let path = try file("a.so", mode: 0o664)
    #expect(refusal(path) == nil)  // root's group has no other member
    unsafe chown(path, 0, 54_321)
    unsafe chmod(path, 0o664)
    #expect(
      refusal(path)
        == TrustRefusal("the group 54321 can write to \(path)", fix: "chmod g-w \(path)"))
  }
}
