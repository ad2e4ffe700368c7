import FoundationEssentials
import Glibc

/// What a disk may hold of a folder if power failed now, whatever the system did with what nobody waited for.
///
/// A file's bytes are on the disk when `fsync` of the file returned 0, a name when `fsync` of its folder did; before that each
/// sector of 512 bytes, and each change of a name, may be there or not, in any order. A rename is one change. After an `fsync` that
/// failed, a later one that works says nothing of the bytes before the failure.
public struct DiskModel: Sendable {
  /// What becomes of that for which nobody waited.
  public enum Loss: Sendable, Equatable {
    /// It is all there.
    case nothing
    /// None of it is there.
    case everything
    /// Names are as they were last, new bytes are missing.
    case bytes
    /// Bytes are all there, names are as they were synced last.
    case names
    /// A part of it is there, chosen by a seed.
    case random(seed: UInt64)
  }

  enum Safety { case unsynced, synced, failed }

  enum ByteChange {
    case write(offset: Int, bytes: [UInt8])
    case size(Int, shrinks: Bool)
  }

  struct File {
    var durable: [UInt8] = []
    var changes: [(change: ByteChange, safety: Safety)] = []

    mutating func sync(error: Int32) {
      for index in changes.indices where changes[index].safety == .unsynced {
        changes[index].safety = error == 0 ? .synced : .failed
      }
      while let first = changes.first, first.safety == .synced {
        first.change.apply(to: &durable)
        changes.removeFirst()
      }
    }
  }

  private struct Name: Hashable {
    let folder: Int
    let name: String
  }

  private struct NameChange {
    let targets: [(name: Name, node: Int?)]
    var safety = Safety.unsynced
  }

  private enum Node {
    case file(File)
    case folder
  }

  private var nodes: [Node] = [.folder]
  private var handles: [UInt32: Int] = [:]
  private var current: [Name: Int] = [:]
  private var durable: [Name: Int] = [:]
  private var changes: [NameChange] = []

  /// A disk on which the folder is empty.
  public init() {}

  /// A disk that has what a folder has now.
  ///
  /// - Parameter image: What it has.
  public init(_ image: DiskImage) {
    for (path, bytes) in image.files.sorted(by: { $0.key < $1.key }) {
      guard let name = name(path) else { continue }
      if let bytes {
        nodes.append(.file(File(durable: bytes)))
      } else {
        nodes.append(.folder)
      }
      current[name] = nodes.count - 1
    }
    durable = current
  }

  private func node(_ path: String) -> Int? {
    guard !path.isEmpty else { return 0 }
    return name(path).flatMap { current[$0] }
  }

  private func name(_ path: String) -> Name? {
    var folder = 0
    let parts = path.split(separator: "/")
    for part in parts.dropLast() {
      guard let next = current[Name(folder: folder, name: String(part))] else { return nil }
      folder = next
    }
    return parts.last.map { Name(folder: folder, name: String($0)) }
  }

  /// Follows one call.
  ///
  /// - Returns: False when the call does not fit what went before: the log is incomplete.
  public mutating func apply(_ call: SystemCall) -> Bool {
    switch call {
    case .open(let handle, let path, let flags): return open(handle, path, flags)
    case .write(let handle, let offset, let bytes):
      return change(handle, .write(offset: offset, bytes: bytes))
    case .truncate(let handle, let size): return change(handle, .size(size, shrinks: true))
    case .grow(let handle, let size): return change(handle, .size(size, shrinks: false))
    case .sync(let handle, let error):
      guard let node = handles[handle] else { return false }
      sync(node, error: error)
    case .syncAll(let error):
      for node in nodes.indices { sync(node, error: error) }
    case .rename(let from, let to, let isExchange):
      guard let old = name(from), let new = name(to), let node = current[old] else { return false }
      rename([(old, isExchange ? current[new] : nil), (new, node)])
    case .unlink(let path):
      guard let name = name(path), current[name] != nil else { return false }
      rename([(name, nil)])
    case .makeFolder(let path):
      guard let name = name(path) else { return false }
      nodes.append(.folder)
      rename([(name, nodes.count - 1)])
    case .link(let from, let to):
      guard let node = node(from), let name = name(to) else { return false }
      rename([(name, node)])
    case .mark: break
    case .unsupported: return false
    }
    return true
  }

  private mutating func open(_ handle: UInt32, _ path: String, _ flags: Int32) -> Bool {
    if let node = node(path) {
      handles[handle] = node
      return flags & O_TRUNC == 0 || change(handle, .size(0, shrinks: true))
    }
    guard flags & O_CREAT != 0, let name = name(path) else { return false }
    nodes.append(.file(File()))
    rename([(name, nodes.count - 1)])
    handles[handle] = nodes.count - 1
    return true
  }

  private mutating func change(_ handle: UInt32, _ change: ByteChange) -> Bool {
    guard let node = handles[handle], case .file(var file) = nodes[node] else { return false }
    nodes[node] = .folder  // Held once: the bytes are not copied.
    file.changes.append((change, .unsynced))
    nodes[node] = .file(file)
    return true
  }

  private mutating func rename(_ targets: [(Name, Int?)]) {
    for (name, node) in targets { current[name] = node }
    changes.append(NameChange(targets: targets))
  }

  private mutating func sync(_ node: Int, error: Int32) {
    switch nodes[node] {
    case .file(var file):
      nodes[node] = .folder
      file.sync(error: error)
      nodes[node] = .file(file)
    case .folder:
      for index in changes.indices where changes[index].safety == .unsynced {
        guard changes[index].targets.contains(where: { $0.name.folder == node }) else { continue }
        changes[index].safety = error == 0 ? .synced : .failed
      }
      while let first = changes.first, first.safety == .synced {
        for (name, node) in first.targets { durable[name] = node }
        changes.removeFirst()
      }
    }
  }

  /// What the disk holds after a power failure.
  ///
  /// - Parameter loss: What becomes of that for which nobody waited.
  /// - Returns: The folder's content.
  public func image(after loss: Loss) -> DiskImage {
    var chance = Chance(loss)
    var names = durable
    for change in changes {
      guard change.safety == .synced || chance.keepsName() else { continue }
      for (name, node) in change.targets { names[name] = node }
    }
    var children: [Int: [(String, Int)]] = [:]
    for (name, node) in names { children[name.folder, default: []].append((name.name, node)) }
    var files: [String: [UInt8]?] = [:]
    var waiting = [(path: "", node: 0)]
    while let (path, node) = waiting.popLast() {
      for (name, child) in children[node, default: []].sorted(by: { $0.0 < $1.0 }) {
        let inner = path.isEmpty ? name : "\(path)/\(name)"
        switch nodes[child] {
        case .folder:
          files[inner] = .some(nil)
          waiting.append((inner, child))
        case .file(let file): files[inner] = file.bytes(&chance)
        }
      }
    }
    return DiskImage(files)
  }

  /// Decides what of a state is there.
  struct Chance {
    private var random = SeededNumbers(seed: 0)
    private var names: Int
    private var bytes: Int
    let fill: UInt8

    init(_ loss: Loss) {
      switch loss {
      case .nothing: (names, bytes, fill) = (100, 100, 0)
      case .everything: (names, bytes, fill) = (0, 0, 0)
      case .bytes: (names, bytes, fill) = (100, 0, 0)
      case .names: (names, bytes, fill) = (0, 100, 0)
      case .random(let seed):
        random = SeededNumbers(seed: seed)
        let choices = [5, 50, 95]
        names = choices[Int.random(in: 0..<3, using: &random)]
        bytes = choices[Int.random(in: 0..<3, using: &random)]
        fill = random.chance(50) ? 0 : 0x5A
      }
    }

    mutating func keepsName() -> Bool { random.chance(names) }

    mutating func keepsSector() -> Bool { random.chance(bytes) }
  }
}

extension DiskModel.ByteChange {
  func apply(to content: inout [UInt8]) {
    switch self {
    case .write(let offset, let bytes):
      if content.count < offset {
        content += [UInt8](repeating: 0, count: offset - content.count)
      }
      let overlap = min(bytes.count, content.count - offset)
      content.replaceSubrange(offset..<(offset + overlap), with: bytes[..<overlap])
      content += bytes[overlap...]
    case .size(let size, let shrinks):
      if content.count < size {
        content += [UInt8](repeating: 0, count: size - content.count)
      } else if shrinks {
        content.removeLast(content.count - size)
      }
    }
  }
}

extension DiskModel.File {
  /// The bytes that are there, sector by sector; a sector of a longer file that was never written has anything.
  func bytes(_ chance: inout DiskModel.Chance) -> [UInt8] {
    var content = durable
    for (change, safety) in changes {
      if safety == .synced {
        change.apply(to: &content)
        continue
      }
      switch change {
      case .size: if chance.keepsSector() { change.apply(to: &content) }
      case .write(let offset, let bytes):
        var start = 0
        while start < bytes.count {
          let end = min(bytes.count, ((offset + start) / 512 + 1) * 512 - offset)
          if chance.keepsSector() {
            if content.count < offset + start {
              let missing = offset + start - content.count
              content += [UInt8](repeating: chance.fill, count: missing)
            }
            DiskModel.ByteChange.write(offset: offset + start, bytes: Array(bytes[start..<end]))
              .apply(to: &content)
          }
          start = end
        }
      }
    }
    return content
  }
}
