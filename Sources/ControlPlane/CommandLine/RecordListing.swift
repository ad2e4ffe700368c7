import HostSupport
public import PluginHost

/// Asks a host for the records of a collection, page by page.
public enum RecordListing {
  /// The records by key.
  ///
  /// - Parameter invocation: With the collection and maybe a prefix as operands, `after` and `limit`.
  /// - Returns: All of them, or as many as were asked.
  /// - Throws: What the host answers.
  public static func records(_ invocation: Invocation) throws(CommandFailure) -> [RecordReport] {
    let limit = try invocation.integer("limit", 1...1_000_000_000) ?? .max
    let client = try invocation.connect()
    var parameters: [String: JSON] = [
      "collection": .string(invocation.operand(0)), "prefix": .string(invocation.operand(1)),
    ]
    parameters["after"] = invocation.value("after").map { .string($0) }
    var records: [RecordReport] = []
    do throws(ControlError) {
      while records.count < limit {
        parameters["limit"] = .int(Int64(min(limit - records.count, MetadataDesk.pageRecords)))
        let page: RecordPage = try client.request(
          "meta.page", parameters, milliseconds: invocation.milliseconds())
        records += page.records
        guard let next = page.next else { break }
        parameters["after"] = .string(next)
      }
    } catch {
      throw CommandFailure(error)
    }
    return records
  }
}
