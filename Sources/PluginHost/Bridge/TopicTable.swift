import CDovetail
import CHostSupport
import EventBus
import Glibc
import Synchronization

/// The topics that one generation opened for publishing, by token. Reading takes no lock.
///
/// Threading: any thread.
@safe final class TopicTable: @unchecked Sendable {
  // Safe: chunks and entries are written before their token is handed out, and stay where they are until the table goes.
  @safe struct Entry {
    var record: UnsafeMutablePointer<hs_topic>?
    var type: dvt_str
    var topic: Unmanaged<Topic>?
  }

  private static let chunk = 64
  private static let chunkCount = 64
  typealias Chunk = UnsafeMutablePointer<Entry>
  typealias Chunks = UnsafeMutablePointer<Chunk?>

  /// Where the entries lie, for `entry(_:in:)`.
  let chunks: Chunks
  /// Where entries are found by their names without a lock.
  let cache: UnsafeMutablePointer<hs_names>
  private let names = Mutex<[String: UInt64]>([:])

  init() {
    guard let cache = unsafe hs_names_create() else {
      preconditionFailure("no memory for a table of topics")
    }
    unsafe self.cache = unsafe cache
    unsafe chunks = .allocate(capacity: Self.chunkCount)
    unsafe chunks.initialize(repeating: nil, count: Self.chunkCount)
  }

  deinit {
    for index in 0..<Self.chunkCount {
      guard let chunk = unsafe chunks[index] else { break }
      for entry in 0..<Self.chunk where unsafe chunk[entry].record != nil {
        unsafe chunk[entry].type.ptr?.deallocate()
        unsafe chunk[entry].topic?.release()
      }
      unsafe chunk.deallocate()
    }
    unsafe chunks.deallocate()
    unsafe hs_names_destroy(cache)
  }

  /// The entry of a token that `open` returned, else `nil`.
  @inline(__always)
  subscript(token: UInt64) -> UnsafePointer<Entry>? { unsafe Self.entry(token, in: chunks) }

  /// The entry of a token in the chunks of a table.
  @inline(__always)
  static func entry(_ token: UInt64, in chunks: Chunks) -> UnsafePointer<Entry>? {
    guard token > 0, token <= UInt64(chunk * chunkCount) else { return nil }
    let index = Int(token - 1)
    guard let found = unsafe chunks[index / chunk] else { return nil }
    let entry = unsafe found + index % chunk
    return unsafe entry.pointee.record == nil ? nil : UnsafePointer(entry)
  }

  /// Lets an entry be found by its name without a lock.
  func remember(_ token: UInt64) {
    guard let entry = unsafe self[token] else { return }
    unsafe hs_names_add(cache, entry.pointee.type.ptr, entry.pointee.type.len, entry)
  }

  /// Gives a topic a token, the same one each time.
  func open(_ topic: Topic) -> UInt64? {
    names.withLock { names in
      if let token = names[topic.name] { return token }
      let index = names.count
      guard index < Self.chunk * Self.chunkCount else { return nil }
      if unsafe chunks[index / Self.chunk] == nil {
        let chunk = Chunk.allocate(capacity: Self.chunk)
        unsafe chunk.initialize(
          repeating: Entry(record: nil, type: dvt_str(ptr: nil, len: 0), topic: nil),
          count: Self.chunk)
        unsafe chunks[index / Self.chunk] = chunk
      }
      let entry = unsafe Entry(
        record: topic.record, type: EternalText(topic.name).value,
        topic: Unmanaged.passRetained(topic))
      unsafe chunks[index / Self.chunk]?[index % Self.chunk] = entry
      names[topic.name] = UInt64(index + 1)
      return UInt64(index + 1)
    }
  }
}
