import FoundationEssentials
import HostSupport

/// The place in an order behind which a page begins.
///
/// As text it is base64 of JSON: a checksum of what is ordered by, then for each term a list of its value, empty when there is none.
struct QueryCursor: Sendable {
  /// For each term of the complete order; `nil` for what lacks it.
  let values: [PackedValue?]

  init(_ values: [PackedValue?]) {
    self.values = values
  }

  /// The place of a record.
  init(_ record: MetadataRecord, in order: RecordOrder) {
    values = order.terms.map { $0.field.value(of: record).map { PackedValue($0) } }
  }

  /// Reads a cursor.
  ///
  /// - Parameters:
  ///   - text: What `text` made.
  ///   - order: What is ordered by, in words.
  ///   - count: How many terms that has.
  /// - Throws: `.invalid` when it is of another query or none at all.
  init(_ text: String, order: String, count: Int) throws(MetadataError) {
    guard let data = Data(base64Encoded: text), let json = try? JSON(parsing: data),
      let parts = json.array, case .int(let checksum)? = parts.first
    else {
      throw .invalid("the query's cursor is damaged; take the one of the page before as it is")
    }
    guard checksum == Self.checksum(order), parts.count == count + 1 else {
      throw .invalid(
        "the query's cursor is of a query with another order; begin at the first page")
    }
    var values: [PackedValue?] = []
    for part in parts.dropFirst() {
      guard let element = part.array else {
        throw .invalid("the query's cursor is damaged; take the one of the page before as it is")
      }
      values.append(
        try element.first.map { (json) throws(MetadataError) in
          try PackedValue(operand: try MetadataValue(json: json))
        })
    }
    self.values = values
  }

  /// The cursor as text.
  func text(order: String) -> String {
    let parts = values.map { value in JSON.array(value.map { [$0.value.json] } ?? []) }
    let json = JSON.array([.int(Self.checksum(order))] + parts)
    return Data(json.text().utf8).base64EncodedString()
  }

  private static func checksum(_ order: String) -> Int64 {
    Int64(CRC32C.of(Array(order.utf8)[...]))
  }
}
