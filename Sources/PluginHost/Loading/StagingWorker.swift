import Glibc
import HostSupport
import Synchronization

/// One thread's part of staging: its buffers, and the order of steps.
///
/// Small files are read whole, up to eight of them, hashed side by side, and written with one call each. Larger files
/// pass through their part of the buffer in pieces.
///
/// Threading: a worker belongs to one thread.
@safe final class StagingWorker {
  /// Files that are read before they are hashed together.
  static let lanes = 8
  /// The largest file that is read whole.
  static let laneSize = 1 << 18
  private static let sequence = Atomic<UInt64>(0)

  let stager: Stager
  // Safe: mapped here, unmapped in deinit, and used by one thread.
  private let buffer: UnsafeMutableRawBufferPointer

  init(_ stager: Stager) {
    self.stager = stager
    let size = StagingWorker.lanes * StagingWorker.laneSize
    // Not from the heap: small blocks that outlive the worker would be cut from the hole that it leaves, so that the next
    // worker needs a new one. Each lane costs memory only once it is used.
    let room = unsafe mmap(
      nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
    guard let room = unsafe room, unsafe room != MAP_FAILED else {
      preconditionFailure("no memory for staging")
    }
    unsafe buffer = UnsafeMutableRawBufferPointer(start: room, count: size)
  }

  deinit {
    unsafe munmap(buffer.baseAddress, buffer.count)
  }

  /// A source that was read whole, or is to be streamed.
  private struct Opened {
    let source: SourceFile
    var digest: SHA256Digest?
  }

  /// Stages up to eight requests.
  func stage(_ requests: [StagingRequest]) -> [Result<StagedImage, StagingError>] {
    var opened = requests.enumerated().map { lane, request in
      Result { () throws(StagingError) in try open(request.path, lane: lane) }
    }
    hashSmall(&opened)
    return zip(requests, opened).enumerated().map { lane, pair in
      Result { () throws(StagingError) in
        try finish(pair.0, pair.1.get(), lane: lane)
      }
    }
  }

  private func open(_ path: String, lane: Int) throws(StagingError) -> Opened {
    let source = try SourceFile(path)
    if source.before.size <= StagingWorker.laneSize {
      unsafe try source.read(into: bytes(of: source, lane: lane), at: 0)
    }
    return Opened(source: source, digest: nil)
  }

  private func bytes(of source: SourceFile, lane: Int) -> UnsafeMutableRawBufferPointer {
    let start = lane * StagingWorker.laneSize
    return unsafe UnsafeMutableRawBufferPointer(
      rebasing: buffer[start..<start + source.before.size])
  }

  private func hashSmall(_ opened: inout [Result<Opened, StagingError>]) {
    var lanes: [Int] = []
    var buffers = unsafe [UnsafeRawBufferPointer]()
    for (lane, result) in opened.enumerated() {
      guard case .success(let file) = result, file.source.before.size <= StagingWorker.laneSize
      else { continue }
      lanes.append(lane)
      unsafe buffers.append(UnsafeRawBufferPointer(bytes(of: file.source, lane: lane)))
    }
    for (lane, digest) in zip(lanes, unsafe SHA256Digest.ofEach(buffers)) {
      opened[lane] = opened[lane].map { Opened(source: $0.source, digest: digest) }
    }
  }

  private func finish(
    _ request: StagingRequest, _ file: Opened, lane: Int
  ) throws(StagingError) -> StagedImage {
    let number = StagingWorker.sequence.wrappingAdd(1, ordering: .relaxed).newValue
    let stem = "\(request.stem)-\(number)"
    let name = "\(stem).so"
    do throws(StagingError) {
      let (digest, facts) = try copy(file, to: name, lane: lane, isLibrary: false)
      let image = StagedImage(
        source: request.path, path: stager.state.staging.path(of: name), entry: name,
        digest: digest, size: file.source.before.size, facts: facts, libraries: [])
      guard facts.runpath.contains(where: { $0.hasPrefix("$ORIGIN") || $0.hasPrefix("${ORIGIN}") })
      else { return try stager.approval(image) }
      return try stager.approval(
        LibraryStaging(worker: self, plugin: image, folder: stem).run())
    } catch {
      _ = try? stager.state.staging.remove(name)
      _ = try? stager.state.staging.removeTree(stem)
      throw error
    }
  }

  private func copy(
    _ file: Opened, to name: String, lane: Int, isLibrary: Bool
  ) throws(StagingError) -> (SHA256Digest, LoadFacts) {
    let source = file.source
    let target: FileDescriptor
    let digest: SHA256Digest
    do throws(SystemError) {
      target = try stager.state.staging.open(name, O_RDWR | O_CREAT | O_EXCL, mode: 0o500)
    } catch {
      throw .system(path: source.path, error)
    }
    if let known = file.digest {
      unsafe try write(
        UnsafeRawBufferPointer(bytes(of: source, lane: lane)), to: target, of: source)
      digest = known
    } else {
      digest = try stream(source, to: target, lane: lane)
    }
    try source.checkUnchanged(digest)
    let subject = Stager.Subject(
      source: source.path, isLibrary: isLibrary, digest: digest, size: source.before.size,
      status: source.before)
    return (digest, try stager.inspection(target, subject))
  }

  /// Copies a library of a plugin's, given by its path, to a place below the staging directory.
  func copyLibrary(
    from path: String, to name: String
  ) throws(StagingError) -> (SHA256Digest, LoadFacts, Int) {
    let file = Opened(source: try SourceFile(path), digest: nil)
    let (digest, facts) = try copy(file, to: name, lane: 0, isLibrary: true)
    return (digest, facts, file.source.before.size)
  }

  /// Passes a large file through its own lane: the others hold files that were read and are still to be written.
  private func stream(
    _ source: SourceFile, to target: borrowing FileDescriptor, lane: Int
  ) throws(StagingError) -> SHA256Digest {
    let start = lane * StagingWorker.laneSize
    let own = unsafe UnsafeMutableRawBufferPointer(
      rebasing: buffer[start..<start + StagingWorker.laneSize])
    var hash = SHA256()
    var offset = 0
    while offset < source.before.size {
      let count = min(own.count, source.before.size - offset)
      let piece = unsafe UnsafeMutableRawBufferPointer(rebasing: own[..<count])
      unsafe try source.read(into: piece, at: offset)
      unsafe hash.add(UnsafeRawBufferPointer(piece))
      unsafe try write(UnsafeRawBufferPointer(piece), to: target, of: source)
      offset += count
    }
    return hash.digest()
  }

  private func write(
    _ bytes: UnsafeRawBufferPointer, to target: borrowing FileDescriptor, of source: SourceFile
  ) throws(StagingError) {
    var done = 0
    while done < bytes.count {
      let n = unsafe Glibc.write(
        target.raw, bytes.baseAddress.map { unsafe $0 + done }, bytes.count - done)
      if n < 0 {
        if errno == EINTR { continue }
        throw .system(path: source.path, SystemError("write", stager.state.staging.path))
      }
      done += n
    }
  }
}
