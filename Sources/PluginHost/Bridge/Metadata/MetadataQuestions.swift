import CBridge
import CDovetail
import HostSupport
import MetadataStore

/// Answers the queries of plugins, and defines collections for them.
@safe enum MetadataQuestions {
  /// The longest query or definition in bytes.
  private static let longestText: UInt64 = 1 << 20

  /// Runs a query, or only tells its plan when there is no receiver.
  ///
  /// - Throws: DVT_INVALID, DVT_TOO_LARGE, DVT_DENIED, DVT_GONE.
  static func query(
    _ instance: PluginInstance, _ given: UnsafePointer<dvt_query>?,
    _ receiver: dvt_record_receiver?, _ context: UnsafeMutableRawPointer?,
    _ cursor: UnsafePointer<dvt_sink>?, _ plan: UnsafePointer<dvt_sink>?
  ) throws(ErrorReport) -> Int32 {
    let asked = try unsafe MetadataCalls.read(
      given, "dvt_query", atLeast: MemoryLayout<dvt_query>.size)
    let text = try unsafe text(asked.text, "the query")
    let parameters = try unsafe parameters(asked.parameters)
    let after = try unsafe MetadataReading.text(asked.cursor, "the cursor")
    let snapshot = try unsafe MetadataSnapshots.reading(instance, asked.snapshot)
    let query = try MetadataCalls.translating { () throws(MetadataError) in
      let query = try MetadataQuery(text)
      return after.isEmpty ? query : query.after(after)
    }
    try MetadataCalls.permit(instance, query.collection)
    guard unsafe receiver != nil else {
      let choice = try MetadataCalls.translating { () throws(MetadataError) in
        try snapshot.plan(for: query, parameters)
      }
      return unsafe write(choice.description, to: plan)
    }
    let result = try MetadataCalls.translating { () throws(MetadataError) in
      // Only of the present state does the provider's text index know.
      if unsafe asked.snapshot.token == 0 {
        return try instance.core.metadata.query(query, parameters)
      }
      return try snapshot.query(query, parameters)
    }
    for record in result.records {
      let code = unsafe MetadataCalls.show(RecordLoan(record), receiver, context)
      if code != DVT_OK { return code }
    }
    for row in result.rows {
      let record = self.row(result.columns, row, of: query.collection)
      let code = unsafe MetadataCalls.show(RecordLoan(record), receiver, context)
      if code != DVT_OK { return code }
    }
    if let next = result.cursor {
      let code = unsafe write(next, to: cursor)
      if code != DVT_OK { return code }
    }
    return unsafe write(result.plan.description, to: plan)
  }

  /// A row as a record that is nowhere.
  private static func row(
    _ columns: [QueryTerm], _ row: [MetadataValue?], of collection: String
  ) -> MetadataRecord {
    var members: [String: MetadataValue] = [:]
    for (column, value) in zip(columns, row) { members[column.description] = value }
    return MetadataRecord(
      collection: collection, key: "", value: .map(members), version: 0, created: 0, modified: 0)
  }

  /// The values of a query or condition.
  ///
  /// - Throws: DVT_INVALID, DVT_TOO_LARGE.
  static func parameters(_ given: dvt_value) throws(ErrorReport) -> QueryParameters {
    switch try unsafe MetadataReading.value(given).value {
    case .null: return QueryParameters()
    case .list(let values): return QueryParameters(values)
    case .map(let members): return QueryParameters(named: members)
    default:
      throw ErrorReport(DVT_INVALID, "parameters are a list for ?, a map for :name, or null")
    }
  }

  /// Defines a collection when a definition is given, and tells the one in force.
  ///
  /// - Throws: DVT_INVALID, DVT_NOT_FOUND, DVT_DENIED, DVT_FAILED, DVT_NOT_COMMITTED.
  static func define(
    _ instance: PluginInstance, _ collection: dvt_str, _ definition: dvt_str,
    _ inForce: UnsafePointer<dvt_sink>?, _ version: UnsafeMutablePointer<UInt64>?
  ) throws(ErrorReport) -> Int32 {
    let name = try unsafe MetadataCalls.permitted(instance, collection)
    let text = try unsafe text(definition, "the definition")
    let store = try MetadataCalls.store(of: instance)
    if !text.isEmpty { try define(name, text, in: store, instance) }
    guard let current = store.definition(of: name) else {
      unsafe version?.pointee = 0
      throw ErrorReport(DVT_NOT_FOUND, "the collection \(name) has no definition")
    }
    unsafe version?.pointee = UInt64(current.version)
    return unsafe write(current.json.text(), to: inForce)
  }

  private static func define(
    _ name: String, _ text: String, in store: MetadataStore, _ instance: PluginInstance
  ) throws(ErrorReport) {
    guard instance.mode != .shadow else {
      throw ErrorReport(
        DVT_NOT_COMMITTED,
        "\(instance.owner) is being started by a reload that has not committed; do this after post_init",
        retryable: true)
    }
    let json: JSON
    do { json = try JSON(parsing: Array(text.utf8)) } catch {
      throw ErrorReport(DVT_INVALID, "the definition of collection \(name) is \(error)")
    }
    let definition: CollectionDefinition
    do throws(CollectionDefinition.Refusal) {
      definition = try CollectionDefinition(collection: name, json: json)
    } catch {
      throw ErrorReport(DVT_INVALID, error.description)
    }
    try MetadataCalls.translating { () throws(MetadataError) in _ = try store.define(definition) }
  }

  private static func text(
    _ given: dvt_str, _ what: StaticString
  ) throws(ErrorReport) -> String {
    guard unsafe given.len <= longestText, unsafe given.ptr != nil || given.len == 0 else {
      throw ErrorReport(
        DVT_INVALID, "\(what) has the length \(unsafe given.len), or is at NULL; is it filled in?")
    }
    let bytes = unsafe UnsafeBufferPointer(start: given.ptr, count: Int(given.len))
    guard let text = unsafe String(validating: bytes, as: UTF8.self) else {
      throw ErrorReport(DVT_INVALID, "\(what) is not UTF-8")
    }
    return text
  }

  /// Writes text to a plugin's sink, as a call of the plugin.
  private static func write(_ text: String, to sink: UnsafePointer<dvt_sink>?) -> Int32 {
    guard let sink = unsafe sink, unsafe sink.pointee.write != nil else { return DVT_OK }
    return unsafe withText(text) { text in
      unsafe br_sink_write(sink, text.ptr, text.len)
    }
  }
}
