import CHostSupport

/// The memory of a topic that publishers read.
@safe final class TopicRecord: @unchecked Sendable {
  // Safe: written in `init` and `deinit` only; the fields of the record are atomic or immutable.
  let record: UnsafeMutablePointer<hs_topic>

  init(_ name: String, _ hooks: UnsafePointer<hs_hooks>) {
    guard let record = unsafe hs_topic_create(name, hooks) else {
      preconditionFailure("no memory for topic \(name)")
    }
    unsafe self.record = unsafe record
  }

  deinit { unsafe hs_topic_destroy(record) }
}
