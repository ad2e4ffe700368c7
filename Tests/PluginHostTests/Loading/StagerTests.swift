import FoundationEssentials
import Glibc
import HostSupport
import Synchronization
import TestSupport
import Testing

@testable import PluginHost

@Suite struct StagerTests {
  let fixture = Fixture()

  private func write(_ bytes: [UInt8], to name: String) throws -> String {
    let path = fixture.directory.file(name)
    try Data(bytes).write(to: URL(filePath: path))
    return path
  }

  private static func bytes(_ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 131 &+ $0 >> 7) }
  }

  @Test(
    "The copy has the same bytes, its hash is right, and only its owner can read it",
    arguments: [
      0, 1, 16_384, StagingWorker.laneSize, StagingWorker.laneSize + 1, 5 * StagingWorker.laneSize,
      9 * StagingWorker.laneSize,
    ])
  func copy(size: Int) throws {
    let bytes = StagerTests.bytes(size)
    let path = try write(bytes, to: "a.so")
    let state = try fixture.state()
    let staged = try Fixture.stager(state).stage(
      StagingRequest(path: path, label: "org.example", generation: 3))
    #expect(staged.digest == SHA256Digest.of(bytes))
    #expect(staged.size == size)
    #expect(staged.source == path)
    #expect(staged.path.hasPrefix("\(state.path)/staging/org.example@3-"))
    let file = try FileDescriptor.open(staged.path, O_RDONLY)
    #expect(try file.read(size + 1, at: 0) == bytes)
    #expect(try file.status().mode & 0o777 == 0o500)
  }

  @Test("Many files are staged in order; those that cannot be are named and do not hinder the rest")
  func all() throws {
    let state = try fixture.state()
    let stager = Fixture.stager(state)
    let requests = try (0..<50).map { number in
      let path = fixture.directory.file("\(number).so")
      if number % 10 != 7 { _ = try write(StagerTests.bytes(number * 999), to: "\(number).so") }
      return StagingRequest(path: path, label: "p\(number)", generation: 1)
    }
    let results = stager.stageAll(requests, threads: 3)
    #expect(results.count == 50)
    for (number, result) in results.enumerated() {
      switch result {
      case .success(let staged):
        #expect(staged.digest == SHA256Digest.of(StagerTests.bytes(number * 999)))
        #expect(staged.source == requests[number].path)
      case .failure(let error):
        #expect(number % 10 == 7)
        #expect(
          error.description == "\(requests[number].path): open \(requests[number].path): "
            + "No such file or directory")
      }
    }
    #expect(try state.staging.names().count == 45)
    #expect(stager.stageAll([]).isEmpty)
  }

  @Test("A large file does not spoil the small ones that are staged with it")
  func mixed() throws {
    let state = try fixture.state()
    let sizes = [StagingWorker.laneSize * 3, 5_000, StagingWorker.laneSize + 1, 70_000, 9]
    let requests = try sizes.enumerated().map { number, size in
      let path = try write(StagerTests.bytes(size), to: "\(number).so")
      return StagingRequest(path: path, label: "p\(number)", generation: 1)
    }
    let results = Fixture.stager(state).stageAll(requests)
    for (size, result) in zip(sizes, results) {
      let staged = try result.get()
      let file = try FileDescriptor.open(staged.path, O_RDONLY)
      #expect(try file.read(size + 1, at: 0) == StagerTests.bytes(size))
      #expect(staged.digest == SHA256Digest.of(StagerTests.bytes(size)))
    }
  }

  @Test("A directory, a pipe and a device are refused without waiting")
  func notRegular() throws {
    let stager = Fixture.stager(try fixture.state())
    let pipe = fixture.directory.file("pipe.so")
    #expect(unsafe mkfifo(pipe, 0o600) == 0)
    for path in [fixture.directory.path, pipe, "/dev/null"] {
      #expect(throws: StagingError.notRegular(path: path)) {
        try stager.stage(StagingRequest(path: path, label: "x", generation: 1))
      }
    }
  }

  /// What somebody does to the user's file while it is being inspected, that is after its bytes were read.
  enum Meddling: String, CaseIterable {
    case append, overwriteSameSize, truncate, replace, remove
  }

  @Test(
    "A file that is changed while it is copied is refused, and nothing is left",
    arguments: Meddling.allCases)
  func changed(how: Meddling) throws {
    for size in [4_000, 300_000] {
      let bytes = StagerTests.bytes(size)
      let path = try write(bytes, to: "live.so")
      let source = try SourceFile(path)
      let digest = SHA256Digest.of(bytes)
      try source.checkUnchanged(digest)
      waitForTick(after: source.before.changed)
      try meddle(how, path)
      #expect(throws: StagingError.changed(path: path)) { try source.checkUnchanged(digest) }
    }
  }

  /// Waits until the clock that stamps files has gone on: links carry no other trace of a change.
  private func waitForTick(after moment: Int64) {
    var time = timespec()
    repeat {
      unsafe clock_gettime(CLOCK_REALTIME_COARSE, &time)
    } while Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec) <= moment
  }

  private func meddle(_ how: Meddling, _ path: String) throws {
    switch how {
    case .append:
      try FileDescriptor.open(path, O_WRONLY | O_APPEND).write([1])
    case .overwriteSameSize:
      try FileDescriptor.open(path, O_WRONLY).write([9, 9, 9])
    case .truncate:
      #expect(unsafe truncate(path, 10) == 0)
    case .replace:
      _ = try write([1, 2, 3], to: "other")
      #expect(unsafe rename(fixture.directory.file("other"), path) == 0)
    case .remove:
      #expect(unsafe unlink(path) == 0)
    }
  }

  @Test("A file that shrinks below what was read is refused")
  func shrinks() throws {
    let path = try write(StagerTests.bytes(5_000), to: "shrink.so")
    let source = try SourceFile(path)
    #expect(unsafe truncate(path, 100) == 0)
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 5_000, alignment: 8)
    defer { unsafe buffer.deallocate() }
    #expect(throws: StagingError.changed(path: path)) {
      unsafe try source.read(into: buffer, at: 0)
    }
  }

  @Test("What the inspection rejects is not left in the state directory")
  func rejected() throws {
    let state = try fixture.state()
    let stager = Stager(state: state) { (file, subject) throws(StagingError) in
      #expect((try? file.read(4, at: 0)) == [0, 131, 6, 137])
      throw .rejected(path: subject.source, reason: "it is no ELF file")
    }
    let path = try write(StagerTests.bytes(100), to: "text.so")
    #expect(throws: StagingError.rejected(path: path, reason: "it is no ELF file")) {
      try stager.stage(StagingRequest(path: path, label: "text", generation: 1))
    }
    #expect(try state.staging.names().isEmpty)
  }

  @Test("A label with any characters becomes a safe name")
  func label() throws {
    let state = try fixture.state()
    let path = try write([1], to: "name with ü.so")
    let label = "../Ünï code/\u{0}" + String(repeating: "x", count: 300)
    let staged = try Fixture.stager(state).stage(
      StagingRequest(path: path, label: label, generation: 1))
    #expect(staged.path.hasPrefix("\(state.path)/staging/..___n___code__xxx"))
    #expect(try state.staging.names().count == 1)
  }

  @Test("A copy can be removed while it is mapped")
  func remove() throws {
    let path = try fixture.build(Fixture.plugin(value: 4), to: "four.so")
    let state = try fixture.state()
    let stager = Fixture.stager(state)
    let staged = try stager.stage(StagingRequest(path: path, label: "four", generation: 1))
    let image = try ImageLoader(stager: stager).load(staged, plugin: "four", owner: 4)
    try stager.remove(staged)
    try stager.remove(staged)
    #expect(try state.staging.names().isEmpty)
    #expect(value(of: image) == 4)
  }
}
