import FoundationEssentials
import Glibc
import HostSupport
import TestSupport
import Testing

@testable import PluginHost

@Suite struct FolderWatcherTests {
  let directory = TemporaryDirectory()
  let told = Monitor<[FolderChange]>([])

  private func watch(_ folder: String? = nil, quiet: Int = 40) throws -> FolderWatcher {
    try FolderWatcher(folder: folder ?? directory.path, quiet: quiet) { [told] changes in
      told.update { $0 += changes }
    }
  }

  /// Waits for the next changes, up to ten seconds.
  private func next(_ count: Int = 1) -> [String] {
    let changes = told.wait(until: .after(milliseconds: 10_000)) { told -> [FolderChange]? in
      guard told.count >= count else { return nil }
      defer { told = [] }
      return told
    }
    return (changes ?? []).map {
      "\($0.kind) \($0.path.split(separator: "/").last ?? "")"
    }
  }

  private func write(_ bytes: [UInt8], to name: String) throws {
    let flags = O_WRONLY | O_CREAT | O_TRUNC
    try FileDescriptor.open(directory.file(name), flags).write(bytes)
  }

  @Test("Files that appear, change and go are told of, one after the other")
  func changes() throws {
    try write([1], to: "old.so")
    let watcher = try watch()
    try write([1], to: "new.so")
    #expect(next() == ["appeared new.so"])
    try write([1, 2], to: "old.so")
    #expect(next() == ["changed old.so"])
    #expect(unsafe rename(directory.file("old.so"), directory.file("new.so")) == 0)
    #expect(next(2).sorted() == ["changed new.so", "removed old.so"])
    #expect(unsafe unlink(directory.file("new.so")) == 0)
    #expect(next() == ["removed new.so"])
    watcher.stop()
  }

  @Test(
    "A file that comes and goes within the quiet time, a hidden one and a folder are not told of")
  func nothing() throws {
    let watcher = try watch()
    try write([1], to: "short.so")
    #expect(unsafe unlink(directory.file("short.so")) == 0)
    try write([1], to: ".hidden.so")
    #expect(unsafe mkdir(directory.file("folder.so"), 0o700) == 0)
    try write([1], to: "zlast.so")
    #expect(next() == ["appeared zlast.so"])
    watcher.stop()
  }

  @Test("A file that is copied slowly is told of once, when it is complete")
  func slow() throws {
    let watcher = try watch(quiet: 20)
    let file = try FileDescriptor.open(directory.file("slow.so"), O_WRONLY | O_CREAT)
    for piece in 0..<5 {
      try file.write([UInt8](repeating: UInt8(piece), count: 1_000))
      // A change of the mode makes an event while the file is open for writing.
      #expect(fchmod(file.raw, piece.isMultiple(of: 2) ? 0o600 : 0o640) == 0)
      let early = told.wait(until: .after(milliseconds: 60)) { $0.isEmpty ? nil : $0 }
      #expect(early == nil)
    }
    _ = consume file
    #expect(next() == ["appeared slow.so"])
    watcher.stop()
  }

  @Test("Links are told of as well: they are never closed after writing")
  func links() throws {
    let elsewhere = TemporaryDirectory()
    let target = elsewhere.file("t.so")
    try FileDescriptor.open(target, O_WRONLY | O_CREAT).write([1])
    let watcher = try watch()
    #expect(unsafe symlink(target, directory.file("soft.so")) == 0)
    #expect(unsafe link(target, directory.file("hard.so")) == 0)
    #expect(next(2) == ["appeared hard.so", "appeared soft.so"])
    watcher.stop()
  }

  @Test("A folder that is removed and made again is watched again")
  func again() throws {
    let folder = directory.file("plugins")
    let watcher = try watch(folder)
    #expect(unsafe mkdir(folder, 0o700) == 0)
    try write([1], to: "plugins/a.so")
    #expect(next() == ["appeared a.so"])
    try FileManager.default.removeItem(atPath: folder)
    #expect(next() == ["removed a.so"])
    #expect(unsafe mkdir(folder, 0o700) == 0)
    try write([1], to: "plugins/b.so")
    #expect(next() == ["appeared b.so"])
    watcher.stop()
  }

  @Test("A folder that is exchanged by renaming is compared with what was told")
  func exchanged() throws {
    let folder = directory.file("plugins")
    #expect(unsafe mkdir(folder, 0o700) == 0)
    #expect(unsafe mkdir(directory.file("next"), 0o700) == 0)
    try write([1], to: "plugins/a.so")
    try write([1], to: "plugins/same.so")
    try write([1], to: "next/b.so")
    #expect(unsafe link(directory.file("plugins/same.so"), directory.file("next/same.so")) == 0)
    let watcher = try watch(folder)
    #expect(unsafe rename(folder, directory.file("former")) == 0)
    #expect(unsafe rename(directory.file("next"), folder) == 0)
    #expect(next(2).sorted() == ["appeared b.so", "removed a.so"])
    watcher.stop()
  }

  @Test("After an overflow of the kernel's queue the folder is scanned")
  func overflow() throws {
    try write([1], to: "gone.so")
    var snapshot = FolderSnapshot(folder: directory.path) { _ in true }
    snapshot.prime()
    #expect(unsafe unlink(directory.file("gone.so")) == 0)
    try write([1], to: "missed.so")
    snapshot.rescan(now: 1_000)
    #expect(snapshot.nextMoment(quiet: 10) == 1_010)
    #expect(snapshot.settle(now: 1_009, quiet: 10).isEmpty)
    #expect(snapshot.settle(now: 1_010, quiet: 10).map(\.kind) == [.removed, .appeared])
    #expect(!snapshot.isWaiting)
    #expect(snapshot.nextMoment(quiet: 10) == nil)
  }

  @Test("A change of the mode alone is no change of the file")
  func mode() throws {
    try write([1], to: "a.so")
    var snapshot = FolderSnapshot(folder: directory.path) { _ in true }
    snapshot.prime()
    #expect(unsafe chmod(directory.file("a.so"), 0o400) == 0)
    snapshot.touch("a.so", now: 0)
    #expect(snapshot.settle(now: 10, quiet: 10).isEmpty)
    #expect(!snapshot.isWaiting)
  }

  @Test("A hundred files that are written at once are all told of")
  func many() throws {
    let watcher = try watch()
    let names = (0..<100).map { "f\($0).so" }
    for name in names { try write([1], to: name) }
    #expect(next(100).sorted() == names.map { "appeared \($0)" }.sorted())
    watcher.stop()
  }
}
