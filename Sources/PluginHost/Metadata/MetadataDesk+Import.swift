public import HostSupport
import MetadataStore

extension MetadataDesk {
  /// Writes records as `RecordReport` has them, in one transaction; each keeps its version where it is the higher one.
  ///
  /// - Parameter lines: Records as JSON.
  /// - Returns: How many were written.
  /// - Throws: `invalid` that names the record.
  public func importRecords(_ lines: [JSON]) throws(OperationError) -> ImportReport {
    var writes: [MetadataWrite] = []
    for line in lines {
      let record = try MetadataRecord(line: line)
      writes.append(.importing(record))
    }
    try Self.translating { () throws(MetadataError) in
      for write in writes { try write.validate() }
      // A definition stands in a transaction of its own.
      var together: [MetadataWrite] = []
      for write in writes {
        guard write.collection == CollectionDefinition.reserved else {
          together.append(write)
          continue
        }
        if let former = store.get(write.collection, write.key),
          .put(PackedValue(former.value)) == write.action
        {
          continue
        }
        try store.transaction([write])
      }
      if !together.isEmpty { try store.transaction(together) }
    }
    return ImportReport(written: writes.count, checked: writes.count)
  }

  /// Checks records as `importRecords` takes them and writes nothing: types, sizes, and the definitions of their collections.
  ///
  /// - Parameters:
  ///   - lines: Records as JSON.
  ///   - definitions: Definitions that would be written before them, as such records.
  /// - Returns: Which would be refused, and why.
  public func checkRecords(_ lines: [JSON], definitions: [JSON] = []) -> ImportReport {
    var writing = DryWriting(store)
    // Who gave them was told of those that cannot be read.
    for line in definitions { try? writing.take(.importing(MetadataRecord(line: line))) }
    var report = ImportReport(written: 0, checked: lines.count)
    for (place, line) in lines.enumerated() {
      do throws(OperationError) {
        let write = MetadataWrite.importing(try MetadataRecord(line: line))
        try Self.translating { () throws(MetadataError) in try writing.take(write) }
      } catch {
        report.refuse(.init(place: place, reason: error.message))
      }
    }
    return report
  }
}

extension MetadataRecord {
  /// Reads a record from a line of an export.
  ///
  /// - Parameter line: An object with `collection`, `key`, `value`, and maybe `version`, `created`, `modified` and `expires`.
  /// - Throws: `invalid` that names what is wrong.
  init(line: JSON) throws(OperationError) {
    func invalid(_ reason: String) -> OperationError { OperationError(.invalid, reason) }
    guard case .object(let members) = line, let collection = members["collection"]?.string,
      let key = members["key"]?.string, let value = members["value"]
    else {
      throw invalid("a record is an object with \"collection\", \"key\" and \"value\"")
    }
    let place = "\(collection)/\(key)"
    func number(_ name: String) throws(OperationError) -> UInt64 {
      guard let member = members[name] else { return 1 }
      guard let number = member.int, number >= 0 else {
        throw invalid("\(place): \"\(name)\" is not an integer from 0")
      }
      return UInt64(number)
    }
    var expires: Int64?
    if let text = members["expires"]?.string {
      guard let moment = Timestamp.nanoseconds(text) else {
        throw invalid("\(place): \"expires\" is not a time such as 2026-01-31T10:00:00Z")
      }
      expires = moment
    }
    let decoded: MetadataValue
    do throws(MetadataError) { decoded = try MetadataValue(json: value) } catch {
      throw invalid("\(place): \(error)")
    }
    self.init(
      collection: collection, key: key, value: decoded, version: max(1, try number("version")),
      created: try number("created"), modified: try number("modified"), expires: expires)
  }
}
