import CBridge
import CDovetail
import CHostSupport
import EventBus
import Glibc
import Synchronization

/// The topics that one generation opened for publishing, by token, and the first that it named. Reading takes no lock.
///
/// Threading: any thread.
@safe final class TopicTable: @unchecked Sendable {
  // Safe: chunks and entries are written before their token is handed out, and stay where they are until the table goes.
  private static let chunk = Int(BR_CHUNK)
  private static let chunkCount = Int(BR_CHUNKS)
  private typealias Chunk = UnsafeMutablePointer<br_topic>

  /// Where the entries lie, for `br_find`.
  let chunks: UnsafeMutablePointer<UnsafeMutablePointer<br_topic>?>
  /// Where entries are found by their names without a lock.
  let cache: UnsafeMutablePointer<hs_names>
  private let names = Mutex<[String: Opened]>([:])

  private struct Opened {
    let token: UInt64
    let topic: Topic
    let tally: Tally
    let isPinned: Bool
  }

  /// Names that are given a place of their own, so that publishing to them again takes no lock.
  private static let mostNamed = Int(HS_NAMES_SLOTS)
  private let named = Atomic(0)
  private let passing = Tally()

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
      }
      unsafe chunk.deallocate()
    }
    unsafe chunks.deallocate()
    unsafe hs_names_destroy(cache)
    names.withLock { names in
      for opened in names.values {
        opened.topic.retire(opened.tally)
        if opened.isPinned { opened.topic.unpin() }
      }
    }
  }

  /// Events that were published to any of them, or to topics that are not kept.
  var published: UInt64 {
    names.withLock { $0.values.reduce(passing.value) { $0 + $1.tally.value } }
  }

  /// The entry of a token that `open` returned, else `nil`.
  subscript(token: UInt64) -> UnsafePointer<br_topic>? { unsafe br_find(chunks, token) }

  /// Gives a topic that is published to by name a token, and lets it be found by its name without a lock, while there is
  /// place for more.
  ///
  /// - Parameters:
  ///   - name: Of the topic; the generation may publish to it.
  ///   - bus: Whose topic it is.
  /// - Returns: The token; `nil` when there is no place.
  /// - Throws: `BusError.invalid`.
  func name(_ name: String, on bus: EventBus) throws(BusError) -> UInt64? {
    if let opened = names.withLock({ $0[name] }) {
      remember(opened.token)
      return opened.token
    }
    guard named.add(1, ordering: .relaxed).oldValue < Self.mostNamed else {
      named.subtract(1, ordering: .relaxed)
      return nil
    }
    guard let token = open(try bus.pinnedTopic(name), isPinned: true) else { return nil }
    remember(token)
    return token
  }

  /// Lets a topic be found by its name without a lock; no harm where it is already.
  private func remember(_ token: UInt64) {
    guard let entry = unsafe self[token] else { return }
    unsafe hs_names_add(cache, entry.pointee.type.ptr, entry.pointee.type.len, entry)
  }

  /// Counts a publish to a topic without a token.
  func notePassing() { passing.count() }

  /// Gives a topic a token, the same one each time.
  ///
  /// - Parameters:
  ///   - topic: Of the bus.
  ///   - isPinned: Whether it is to be unpinned when the table goes.
  /// - Returns: `nil` when there are no more.
  func open(_ topic: Topic, isPinned: Bool = false) -> UInt64? {
    names.withLock { names in
      if let opened = names[topic.name] {
        if isPinned { topic.unpin() }
        return opened.token
      }
      let index = names.count
      guard index < Self.chunk * Self.chunkCount else {
        if isPinned { topic.unpin() }
        return nil
      }
      if unsafe chunks[index / Self.chunk] == nil {
        let chunk = Chunk.allocate(capacity: Self.chunk)
        unsafe chunk.initialize(repeating: br_topic(), count: Self.chunk)
        unsafe chunks[index / Self.chunk] = chunk
      }
      let tally = topic.makeTally()
      let entry = unsafe br_topic(
        record: topic.record, type: EternalText(topic.name).value, counter: tally.index)
      unsafe chunks[index / Self.chunk]?[index % Self.chunk] = entry
      names[topic.name] = Opened(
        token: UInt64(index + 1), topic: topic, tally: tally, isPinned: isPinned)
      return UInt64(index + 1)
    }
  }
}
