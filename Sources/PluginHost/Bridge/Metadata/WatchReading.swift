import CDovetail
import MetadataStore

/// Reads what a plugin wants to watch.
@safe enum WatchReading {
  /// Bytes of `dvt_watch` before it had a key.
  private static let firstRevision = 64

  /// A watch of a collection that the manifest permits; it does not report yet.
  ///
  /// - Throws: DVT_INVALID, DVT_DENIED, DVT_EXISTS or DVT_GONE.
  static func watch(
    _ instance: PluginInstance, _ given: UnsafePointer<dvt_watch>?,
    _ receiver: @escaping dvt_record_receiver, _ context: UnsafeMutableRawPointer?,
    tellsResync: Bool
  ) throws(ErrorReport) -> PluginWatch {
    try ABIEntry.checkRegistering(instance)
    let options = try unsafe MetadataCalls.read(given, "dvt_watch", atLeast: firstRevision)
    let collection = try unsafe MetadataCalls.permitted(instance, options.collection)
    let key = try unsafe MetadataReading.text(options.key, "the key")
    let prefix = try unsafe key.isEmpty ? MetadataReading.text(options.prefix, "prefix") : key
    let given = try unsafe MetadataReading.text(options.name, "name")
    let name = given.isEmpty ? instance.ordinalName("\(collection)/\(prefix)") : given
    if instance.watches.contains(where: { $0.name == name }) {
      throw ErrorReport(DVT_EXISTS, "there is a watch named '\(name)' already; choose another name")
    }
    let condition = try unsafe matcher(options)
    let scope =
      key.isEmpty
      ? WatchScope(collection: collection, prefix: prefix, condition: condition)
      : WatchScope(collection: collection, key: key, condition: condition)
    return unsafe PluginWatch(
      instance: instance, name: name, scope: scope,
      from: options.from_revision, tellsResync: tellsResync, receiver: receiver, context: context)
  }

  private static func matcher(_ options: dvt_watch) throws(ErrorReport) -> QueryMatcher? {
    let text = try unsafe MetadataReading.text(options.condition, "the condition")
    guard !text.isEmpty else { return nil }
    let parameters = try unsafe MetadataQuestions.parameters(options.parameters)
    return try MetadataCalls.translating { () throws(MetadataError) in
      try QueryMatcher(try QueryCondition(text), parameters)
    }
  }
}
