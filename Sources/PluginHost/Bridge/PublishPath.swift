import CDovetail
import CHostSupport

/// What the fast path of publishing needs of a `PluginInstance`: plain memory, so that no reference is counted.
@safe struct PublishPath {
  // Safe: copies of pointers that the instance never changes or frees.
  let owner: UnsafeMutablePointer<hs_owner>
  let topics: TopicTable.Chunks
  let names: UnsafeMutablePointer<hs_names>
  let source: dvt_str
  let counter: UInt32

  /// Whether the generation's publishes are simply carried out.
  @inline(__always)
  var isOpen: Bool { unsafe hs_owner_mode(owner) == PluginInstance.Mode.open.rawValue }

  /// The topic that a token stands for.
  @inline(__always)
  subscript(token: UInt64) -> UnsafePointer<TopicTable.Entry>? {
    unsafe TopicTable.entry(token, in: topics)
  }

  /// The topic of a name, when the generation has published to it before.
  @inline(__always)
  subscript(name: dvt_str) -> UnsafePointer<TopicTable.Entry>? {
    unsafe hs_names_find(names, name.ptr, name.len)?.assumingMemoryBound(to: TopicTable.Entry.self)
  }

  /// Publishes what a plugin passed, with the attributes that are the host's to say.
  ///
  /// - Returns: 0, or a `CallFailure`.
  @inline(__always)
  func publish(
    _ event: UnsafePointer<dvt_event>, to topic: UnsafePointer<TopicTable.Entry>
  ) -> Int32 {
    var stamped = unsafe dvt_event(
      struct_size: event.pointee.struct_size, abi_major: event.pointee.abi_major,
      abi_minor: event.pointee.abi_minor, sequence: 0, time_ns: event.pointee.time_ns,
      id: event.pointee.id, source: source, type: topic.pointee.type,
      subject: event.pointee.subject, datacontenttype: event.pointee.datacontenttype,
      dataschema: event.pointee.dataschema, extensions: event.pointee.extensions,
      extension_count: event.pointee.extension_count, data: event.pointee.data,
      buffer: event.pointee.buffer, flags: 0, attempt: 1)
    return unsafe hs_publish_counted(topic.pointee.record, &stamped, counter)
  }
}
