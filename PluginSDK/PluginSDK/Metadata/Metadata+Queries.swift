import CDovetail

/// A page of what a query found.
public struct QueryPage: Sendable, Equatable {
  /// The records, in order; for a query that selects columns, rows: records without a key whose value is a map of the columns.
  public let records: [Record]
  /// What the next page needs; `nil` after the last.
  public let cursor: String?
}

extension Metadata {
  /// Runs a query.
  ///
  /// - Parameters:
  ///   - text: In the language of METADATA.md, such as `from users where age >= :age limit 50`.
  ///   - parameters: A map for `:name`, a list for `?`.
  ///   - cursor: Of the page before.
  /// - Returns: Records, or rows.
  /// - Throws: `invalid` that says what is wrong with the query, and where.
  public func query(
    _ text: String, _ parameters: Value = .null, after cursor: String? = nil
  ) throws(PluginError) -> QueryPage {
    try query(text, parameters, cursor, dvt_handle())
  }

  func query(
    _ text: String, _ parameters: Value, _ cursor: String?, _ snapshot: dvt_handle
  ) throws(PluginError) -> QueryPage {
    guard let query = unsafe try extended().pointee.query else { throw Self.tooOld }
    let found = Found()
    let arena = Arena()
    var raw = unsafe raw(text, parameters, arena)
    unsafe raw.cursor = unsafe arena.text(cursor ?? "")
    unsafe raw.snapshot = snapshot
    defer { withExtendedLifetime((arena, found)) {} }
    let next = unsafe try collect { sink, error in
      unsafe query(host, &raw, Found.receive, found.pointer, sink, nil, error)
    }
    return QueryPage(
      records: found.records, cursor: next.isEmpty ? nil : String(decoding: next, as: UTF8.self))
  }

  /// Says how a query would be run, for people.
  ///
  /// - Parameters:
  ///   - text: The query.
  ///   - parameters: As of `query`.
  /// - Returns: The plan.
  /// - Throws: `invalid` that says what is wrong with the query.
  public func explain(
    _ text: String, _ parameters: Value = .null
  ) throws(PluginError) -> String {
    guard let query = unsafe try extended().pointee.query else { throw Self.tooOld }
    let arena = Arena()
    var raw = unsafe raw(text, parameters, arena)
    defer { withExtendedLifetime(arena) {} }
    let plan = unsafe try collect { sink, error in
      unsafe query(host, &raw, nil, nil, nil, sink, error)
    }
    return String(decoding: plan, as: UTF8.self)
  }

  private func raw(_ text: String, _ parameters: Value, _ arena: Arena) -> dvt_query {
    var raw = unsafe dvt_query.headed()
    unsafe raw.text = unsafe arena.text(text)
    unsafe raw.parameters = unsafe parameters.raw(arena)
    return unsafe raw
  }

  /// Defines a collection, or gives it a new version of its definition.
  ///
  /// - Parameters:
  ///   - collection: The collection.
  ///   - definition: JSON, as METADATA.md has it.
  /// - Returns: The version in force.
  /// - Throws: `invalid` when the definition, or a record that is there, does not allow it; `notCommitted`, `failed` (storage).
  @discardableResult
  public func define(_ collection: String, _ definition: String) throws(PluginError) -> Int {
    guard let define = unsafe try extended().pointee.define else { throw Self.tooOld }
    var version: UInt64 = 0
    unsafe try attempt { error in
      unsafe collection.borrowed { collection in
        unsafe definition.borrowed {
          unsafe define(host, collection, $0, nil, &version, error)
        }
      }
    }
    return Int(version)
  }

  /// The definition of a collection as JSON, or `nil` when it has none.
  public func definition(of collection: String) throws(PluginError) -> String? {
    guard let define = unsafe try extended().pointee.define else { throw Self.tooOld }
    do throws(PluginError) {
      let text = unsafe try collect { sink, error in
        unsafe collection.borrowed {
          unsafe define(host, $0, dvt_str(ptr: nil, len: 0), sink, nil, error)
        }
      }
      return String(decoding: text, as: UTF8.self)
    } catch {
      guard error.code == .notFound else { throw error }
      return nil
    }
  }
}
