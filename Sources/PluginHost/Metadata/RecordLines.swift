public import HostSupport
import MetadataStore

/// The JSON Lines that exports and backups are: a line that says the format, a line for each record, a line that ends it.
///
///     {"format": "dovetail.metadata", "version": 1, "revision": 41, "records": 2}
///     {"collection": "c", "key": "a", "value": {"n": 9007199254740993}, "version": 3, "created": 7, "modified": 40}
///     {"collection": "c", "key": "b", "value": {"$bytes": "aGk="}, "version": 1, "created": 41, "modified": 41, "expires": "2027-01-01T00:00:00Z"}
///     {"end": true, "records": 2, "sha256": "…"}
///
/// The hash is of all bytes before the last line. A file without `records` in its first line need not have a last one.
public enum RecordLines {
  /// What the first line says of the format.
  public static let format = "dovetail.metadata"
  /// The format's version.
  public static let version: Int64 = 1
  /// The collection whose records define the others.
  public static let definitions = CollectionDefinition.reserved
  /// The longest line in bytes.
  public static let longestLine = 16 << 20

  /// Makes the lines.
  public struct Writer: Sendable {
    private var hash = SHA256()
    /// Records so far.
    public private(set) var records = 0

    /// Begins with nothing.
    public init() {}

    /// The first line.
    ///
    /// - Parameters:
    ///   - revision: Of the store.
    ///   - records: How many follow; `nil` when that is not known.
    /// - Returns: Its bytes.
    public mutating func first(revision: UInt64, records: Int?) -> [UInt8] {
      var members: [String: JSON] = [
        "format": .string(RecordLines.format), "version": .int(RecordLines.version),
        "revision": .int(Int64(clamping: revision)),
      ]
      members["records"] = records.map { .int(Int64($0)) }
      return line(members)
    }

    /// A record's line.
    public mutating func record(_ record: RecordReport) -> [UInt8] {
      records += 1
      var members: [String: JSON] = [
        "collection": .string(record.collection), "key": .string(record.key),
        "value": record.value, "version": .int(Int64(clamping: record.version)),
        "created": .int(Int64(clamping: record.created)),
        "modified": .int(Int64(clamping: record.modified)),
      ]
      members["expires"] = record.expires.map { .string($0) }
      return line(members)
    }

    /// The last line.
    public mutating func last() -> [UInt8] {
      line([
        "end": .bool(true), "records": .int(Int64(records)),
        "sha256": .string("\(hash.digest())"),
      ])
    }

    private mutating func line(_ members: [String: JSON]) -> [UInt8] {
      let bytes = Array(JSON.object(members).text().utf8) + [UInt8(ascii: "\n")]
      hash.add(bytes)
      return bytes
    }
  }

  /// Reads the lines.
  public struct Reader: Sendable {
    private var hash = SHA256()
    private var number = 0
    private var expected: Int?
    private var hasEnded = false
    /// Records so far.
    public private(set) var records = 0
    /// The revision of the store that was written; 0 when the first line does not say.
    public private(set) var revision: UInt64 = 0
    /// How many records the first line promises.
    public var promised: Int? { expected }

    /// Begins before the first line.
    public init() {}

    /// Takes a line without its newline.
    ///
    /// - Parameter bytes: The line.
    /// - Returns: A record; `nil` for the first line, the last one, and an empty one.
    /// - Throws: `invalid` that names the line.
    public mutating func take(_ bytes: [UInt8]) throws(OperationError) -> JSON? {
      number += 1
      guard !hasEnded else { throw invalid("there is more after the line that ends the file") }
      let line: JSON
      do { line = try JSON(parsing: bytes) } catch {
        if bytes.isEmpty, number > 1 { return nil }
        throw invalid("it is \(error)")
      }
      if line["end"]?.bool == true {
        try end(line)
        return nil
      }
      hash.add(bytes + [UInt8(ascii: "\n")])
      if number == 1 {
        try first(line)
        return nil
      }
      records += 1
      return line
    }

    /// Checks that nothing is missing.
    ///
    /// - Throws: `invalid` when the last line is not there.
    public func finish() throws(OperationError) {
      if number == 0 {
        throw OperationError(
          .invalid, "the file is empty", advice: "name one that 'dovetail meta export' wrote")
      }
      guard let expected, !hasEnded else { return }
      throw OperationError(
        .invalid, "the file ends after \(records) of \(expected) records: it was cut off",
        advice: "use another copy")
    }

    private mutating func first(_ line: JSON) throws(OperationError) {
      guard line["format"]?.string == RecordLines.format, let version = line["version"]?.int else {
        throw invalid(
          "the first line is {\"format\": \"\(RecordLines.format)\", \"version\": \(RecordLines.version), …}"
        )
      }
      guard version <= RecordLines.version else {
        throw invalid(
          "the format has version \(version), this program knows versions up to "
            + "\(RecordLines.version): use a newer dovetail")
      }
      revision = line["revision"]?.int.map { UInt64(clamping: $0) } ?? 0
      expected = line["records"]?.int.map { Int(clamping: $0) }
    }

    private mutating func end(_ line: JSON) throws(OperationError) {
      hasEnded = true
      guard line["records"]?.int == Int64(records), expected == nil || expected == records else {
        throw invalid("the file should have \(expected ?? 0) records, but has \(records)")
      }
      guard line["sha256"]?.string == "\(hash.digest())" else {
        throw invalid("the hash of the lines before is another: something in them was changed")
      }
    }

    private func invalid(_ reason: String) -> OperationError {
      OperationError(.invalid, "line \(number): \(reason)")
    }
  }
}
