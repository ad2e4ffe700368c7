package import CDovetail
import PluginSDK
import Synchronization

/// Full text search with FTS5. The index is made by the first search, and kept by triggers in the transaction of each write from
/// then on: a store that nobody searches does not pay for it.
extension SQLiteProvider {
  /// All text of a value, without what stands for bytes, dates and doubles.
  private static let body = """
    (SELECT group_concat(atom, ' ') FROM json_tree(new.value)
     WHERE type = 'text' AND key IS NOT '$bytes' AND key IS NOT '$date' AND key IS NOT '$double')
    """

  private static let index = """
    CREATE VIRTUAL TABLE search USING fts5(body);
    INSERT INTO search(rowid, body) SELECT id, \(body) FROM records AS new;
    CREATE TRIGGER search_added AFTER INSERT ON records BEGIN
      INSERT INTO search(rowid, body) VALUES(new.id, \(body)); END;
    CREATE TRIGGER search_changed AFTER UPDATE OF value ON records BEGIN
      UPDATE search SET body = \(body) WHERE rowid = new.id; END;
    CREATE TRIGGER search_removed AFTER DELETE ON records BEGIN
      DELETE FROM search WHERE rowid = old.id; END;
    """

  package func search(
    _ words: String, in collection: String, _ receive: (dvt_str) throws -> Void
  ) throws {
    let query = Self.query(words)
    guard !query.isEmpty else { return }
    let store = try store
    try store.writer.withLock { writer throws(PluginError) in
      let isThere = try writer.connection.number(
        "SELECT count(*) FROM sqlite_schema WHERE name = 'search_removed'")
      guard isThere == 0 else { return }
      try writer.perform(.os) { () throws(PluginError) in try writer.connection.run(Self.index) }
    }
    let keys = try store.readers.with { reader in
      try Self.keys(of: query, collection, reader.connection)
    }
    for key in keys { unsafe try withTextThrowing(key, receive) }
  }

  private static func keys(
    of query: String, _ collection: String, _ connection: Connection
  ) throws(PluginError) -> [String] {
    let statement = try Statement(
      connection,
      """
      SELECT key FROM search JOIN records ON records.id = search.rowid
      WHERE search MATCH ?1 AND collection = ?2 ORDER BY rank, key
      """)
    return unsafe try withText(query) { query throws(PluginError) in
      unsafe try withText(collection) { collection throws(PluginError) in
        unsafe statement.bind(1, query)
        unsafe statement.bind(2, collection)
        var keys: [String] = []
        while try statement.step() { unsafe keys.append(statement.text(0).string) }
        return keys
      }
    }
  }

  /// Each word as a string of FTS5's, which nothing in it can break out of.
  private static func query(_ words: String) -> String {
    words.split(whereSeparator: \.isWhitespace)
      .map { "\"" + $0.replacing("\"", with: "\"\"") + "\"" }.joined(separator: " ")
  }
}

private func withTextThrowing(_ text: String, _ body: (dvt_str) throws -> Void) throws {
  var text = text
  try text.withUTF8 { utf8 in
    unsafe try body(dvt_str(ptr: utf8.baseAddress, len: UInt64(utf8.count)))
  }
}
