@testable import MetadataStore
import Testing

@Suite struct QueryDifferentialTests {
  @Test(
    "Queries find what a naive evaluation finds, with and without indexes, whole and by pages",
    arguments: [1, 2, 3, 4, 5, 6] as [UInt64])
  func records(_ seed: UInt64) throws {
    var generator = QueryGenerator(seed: seed)
    let records = (0..<[3, 40, 150][Int(seed % 3)]).map { generator.record($0) }
    let naive = NaiveQuery(records)
    let snapshots = [false, true].map { generator.snapshot(records, isIndexed: $0) }
    var indexed = 0
    for _ in 0..<120 {
      let query = generator.query()
      let expected = naive.records(query).map(\.key)
      #expect(try MetadataQuery(query.description).description == query.description)
      for snapshot in snapshots {
        let whole = try snapshot.query(query)
        #expect(whole.records.map(\.key) == expected, "\(query)\n\(whole.plan)")
        #expect(whole.cursor == nil)
        if case .index = whole.plan.access { indexed += 1 }
      }
      let size = expected.count / 6 + generator.next(3) + 1
      let pages = try pages(of: query.limited(to: size)) { snapshots[$0 % 2] }
      #expect(pages.flatMap(\.self) == expected, "\(query) by \(size)")
      #expect(pages.dropLast().allSatisfy { $0.count == size })
    }
    #expect(indexed > 10)
  }

  /// Pages are of changing plans: every other one is read without indexes.
  private func pages(
    of query: MetadataQuery, _ snapshot: (Int) -> MetadataSnapshot
  ) throws -> [[String]] {
    var pages: [[String]] = []
    var cursor: String?
    repeat {
      let result = try snapshot(pages.count).query(query.after(cursor))
      pages.append(result.records.map(\.key))
      cursor = result.cursor
    } while cursor != nil && pages.count < 1000
    return pages
  }

  @Test(
    "Groups have the figures that a naive evaluation finds",
    arguments: [11, 12, 13, 14, 15, 16] as [UInt64])
  func groups(_ seed: UInt64) throws {
    var generator = QueryGenerator(seed: seed)
    let records = (0..<[5, 40, 120][Int(seed % 3)]).map { generator.record($0) }
    let naive = NaiveQuery(records)
    let snapshots = [false, true].map { generator.snapshot(records, isIndexed: $0) }
    for _ in 0..<60 {
      let query = generator.groupQuery()
      let width = query.grouping.count
      let expected = naive.rows(query).sorted { Self.order($0, $1, width) < 0 }
      for snapshot in snapshots {
        let whole = try snapshot.query(query)
        #expect(Self.areEqual(whole.rows, expected), "\(query)\n\(whole.rows)\n\(expected)")
      }
      var rows: [[MetadataValue?]] = []
      var cursor: String?
      repeat {
        let result = try snapshots[0].query(query.limited(to: expected.count / 5 + 1).after(cursor))
        rows += result.rows
        cursor = result.cursor
      } while cursor != nil && rows.count < 10_000
      #expect(Self.areEqual(rows, expected), "\(query) by pages")
    }
  }

  private static func order(_ left: [MetadataValue?], _ right: [MetadataValue?], _ width: Int)
    -> Int
  {
    for index in 0..<width {
      let order = NaiveQuery.compare(left[index], right[index])
      if order != 0 { return order }
    }
    return 0
  }

  /// Which of several equal values stands for a group is left open.
  private static func areEqual(_ left: [[MetadataValue?]], _ right: [[MetadataValue?]]) -> Bool {
    left.count == right.count
      && zip(left, right).allSatisfy { row, other in
        row.count == other.count
          && zip(row, other).allSatisfy { NaiveQuery.compare($0, $1) == 0 }
      }
  }
}
