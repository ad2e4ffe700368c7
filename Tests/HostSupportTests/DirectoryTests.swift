import FoundationEssentials
import Glibc
import HostSupport
import TestSupport
import Testing

@Suite struct DirectoryTests {
  let temporary = TemporaryDirectory()

  @Test("Files in it are made, listed, looked at, renamed and removed")
  func files() throws {
    let directory = try Directory(temporary.path)
    try directory.open("b", O_CREAT | O_WRONLY).write([1, 2, 3])
    try directory.makeDirectory("a")
    try directory.makeDirectory("a")
    #expect(try directory.names() == ["a", "b"])
    #expect(try directory.names() == ["a", "b"])
    #expect(try directory.status(of: "b").size == 3)
    #expect(try directory.status(of: "b").isRegular)
    #expect(try directory.status(of: "a").isDirectory)
    try directory.rename("b", to: "c")
    #expect(try directory.remove("c"))
    #expect(try !directory.remove("c"))
    #expect(throws: SystemError("fstatat", temporary.file("c"), code: ENOENT)) {
      _ = try Directory(temporary.path).status(of: "c")
    }
  }

  @Test("A tree is removed with everything in it, and links in it are not followed")
  func tree() throws {
    let directory = try Directory(temporary.path)
    try directory.makeDirectory("keep")
    try directory.open("keep/file", O_CREAT | O_WRONLY).write([1])
    try directory.makeDirectory("tree")
    try directory.makeDirectory("tree/deep")
    try directory.open("tree/deep/file", O_CREAT | O_WRONLY, mode: 0o400).write([1])
    #expect(unsafe symlink(temporary.file("keep"), temporary.file("tree/link")) == 0)
    #expect(unsafe symlink("nowhere", temporary.file("tree/dangling")) == 0)
    try directory.removeTree("tree")
    try directory.removeTree("tree")
    #expect(try directory.names() == ["keep"])
    #expect(try directory.directory("keep").names() == ["file"])
    #expect(unsafe symlink(temporary.file("keep"), temporary.file("link")) == 0)
    try directory.removeTree("link")
    try directory.removeTree("keep")
    #expect(try directory.names().isEmpty)
  }

  @Test("What is no directory cannot be opened as one")
  func notADirectory() throws {
    try FileDescriptor.open(temporary.file("f"), O_CREAT | O_WRONLY).write([1])
    #expect(throws: SystemError("open", temporary.file("f"), code: ENOTDIR)) {
      _ = try Directory(temporary.file("f"))
    }
  }

  @Test("A file is replaced whole, and no temporary file stays", arguments: [true, false])
  func atomic(durable: Bool) throws {
    let directory = try Directory(temporary.path)
    #expect(try AtomicFile.read("f", in: directory) == nil)
    for bytes in [[1, 2, 3], [], [UInt8](repeating: 7, count: 100_000)] as [[UInt8]] {
      try AtomicFile.write(bytes, to: "f", in: directory, durable: durable)
      #expect(try AtomicFile.read("f", in: directory) == bytes)
    }
    #expect(try directory.names() == ["f"])
    #expect(throws: SystemError("read", temporary.file("f"), code: EFBIG)) {
      _ = try AtomicFile.read("f", in: Directory(temporary.path), limit: 10)
    }
  }

  @Test("A write that fails leaves the old file and names it")
  func failedWrite() throws {
    let directory = try Directory(temporary.path)
    try directory.makeDirectory("f")
    try directory.open("f/inner", O_CREAT | O_WRONLY).write([1])
    #expect(throws: SystemError("renameat", temporary.file("f"), code: EISDIR)) {
      try AtomicFile.write([1], to: "f", in: Directory(temporary.path))
    }
    #expect(try directory.names() == ["f"])
    #expect(try directory.directory("f").names() == ["inner"])
  }

  @Test("A file that cannot be understood is kept under another name")
  func setAside() throws {
    let directory = try Directory(temporary.path)
    try AtomicFile.write([1], to: "f", in: directory)
    #expect(try AtomicFile.setAside("f", in: directory) == "f.damaged")
    #expect(try directory.names() == ["f.damaged"])
  }
}
