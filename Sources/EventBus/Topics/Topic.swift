public import CHostSupport

/// A topic that was opened: its dispatch table and its sequence.
///
/// Never freed while its bus lives. Threading: `publish` from any thread; the rest under the bus's lock.
@safe public final class Topic: @unchecked Sendable {
  // Safe: the record is never freed; its table is atomic and its name immutable.
  /// The record that publishing takes.
  public let record: UnsafeMutablePointer<hs_topic>
  /// The topic's name.
  public let name: String

  init(name: String, hooks: UnsafePointer<hs_hooks>) {
    guard let record = unsafe hs_topic_create(name, hooks) else {
      preconditionFailure("no memory for topic \(name)")
    }
    unsafe self.record = unsafe record
    self.name = name
  }

  /// Number of the last event that was numbered; 0 when none was.
  public var sequence: UInt64 { unsafe hs_topic_sequence(record) }

  /// Delivers an event to all handlers. Sync handlers have run when it returns.
  ///
  /// - Parameter event: Borrowed; the bus may write its sequence number.
  /// - Returns: `nil`, or why some handler was left out.
  @inline(__always)
  public func publish(_ event: UnsafeMutableRawPointer?) -> CallFailure? {
    let code = unsafe hs_publish(record, event)
    return code == 0 ? nil : CallFailure(rawValue: code)
  }

  func install(_ entries: [Callable], sequenced: Bool) {
    guard let table = unsafe hs_table_create(UInt64(entries.count), sequenced ? 1 : 0) else {
      preconditionFailure("no memory for the handlers of topic \(name)")
    }
    for (index, callable) in entries.enumerated() {
      unsafe hs_table_set(table, UInt64(index), callable.entry)
    }
    if let former = unsafe hs_topic_swap(record, table) {
      unsafe Reclaimer.shared.free(UnsafeMutableRawPointer(former))
    }
  }
}
