import BenchmarkKit
import HostSupport
import MetadataStore

/// `query-indexed`, `group-by`: 1,000,000 records in memory, beside the same in SQLite in memory.
enum StoreQueryBenchmarks {
  private static let names = ["query-indexed", "group-by"]
  private static let records = 1_000_000
  private static let rounds = 500
  private static let collection = "records"

  static func run(_ bench: inout Bench, _ peers: StorePeers) throws {
    guard bench.wants(any: names) else { return }
    guard let fill = peers.function("sql_fill", of: "sqlite", as: StorePeers.Records.self),
      let query = peers.function("sql_query", of: "sqlite", as: StorePeers.Count.self),
      let group = peers.function("sql_group", of: "sqlite", as: StorePeers.Plain.self)
    else {
      for name in names {
        bench.skip(name, "libsqlite3-dev is not installed: run 'make bench-peers'")
      }
      return
    }
    _ = try StorePeers.checked(fill(UInt32(records)), "sql_fill")
    let store = try MetadataStore()
    try Self.fill(store)
    let page = try MetadataQuery("from \(collection) where n >= :n order by n limit 100")
    let groups = try MetadataQuery(
      "select g, count(), sum(n), min(n), max(n) from \(collection) group by g")
    bench.measure(
      "query-indexed", unit: "ns", limit: "SQLite in memory", goal: .advantage(must: 1, aim: 3),
      runs: 51
    ) {
      try time(rounds) { number in try read(store, page, from: number) } / Double(rounds)
    } against: {
      try StorePeers.checked(query(rounds), "sql_query") / Double(rounds)
    }
    bench.measure(
      "group-by", unit: "ns", limit: "SQLite in memory", goal: .advantage(must: 1, aim: 4), runs: 5
    ) {
      try time(1) { _ in
        guard try store.query(groups).rows.count == 1000 else {
          throw BenchmarkError(description: "not 1000 groups")
        }
      }
    } against: {
      try StorePeers.checked(group(), "sql_group")
    }
    try store.close()
  }

  private static func time(_ rounds: Int, _ body: (Int64) throws -> Void) throws -> Double {
    var state: UInt64 = 3
    let began = Deadline.now()
    for _ in 0..<rounds {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      try body(Int64((state >> 33) % 900_000))
    }
    return Double(Deadline.now() - began)
  }

  /// Reads every field of 100 records, as the peer reads every column.
  private static func read(
    _ store: MetadataStore, _ query: MetadataQuery, from number: Int64
  ) throws {
    let found = try store.query(query, QueryParameters(named: ["n": .int(number)])).records
    var bytes = 0
    for record in found {
      unsafe bytes += record.withKey { $0.count }
      record.withView { view in
        unsafe view.forEachMember { _, field in
          switch field.kind {
          case .int: bytes += Int(truncatingIfNeeded: field.int & 1)
          case .string: bytes += unsafe field.text.count
          default: break
          }
          return true
        }
      }
    }
    guard found.count == 100, bytes > 0 else {
      throw BenchmarkError(description: "found \(found.count) records, not 100")
    }
  }

  private static func fill(_ store: MetadataStore) throws {
    let definition = try CollectionDefinition(
      collection: collection,
      json: .object([
        "version": .int(1), "indexes": .array([.object(["field": .string("n")])]),
      ]))
    try store.define(definition)
    let text = String(repeating: "abcdefghij", count: 15)
    for start in stride(from: 0, to: records, by: 50_000) {
      try store.transaction(
        (start..<start + 50_000).map { number in
          MetadataWrite(
            collection: collection, key: key(number),
            value: .map([
              "n": .int(Int64(number * 7919 % 1_000_003)), "g": .string("g\(number % 1000)"),
              "text": .string(text),
            ]))
        })
    }
  }

  private static func key(_ number: Int) -> String {
    let digits = "\(number)"
    return "obj/" + String(repeating: "0", count: 8 - digits.utf8.count) + digits
  }
}
