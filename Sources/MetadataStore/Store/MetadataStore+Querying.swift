/// Queries of the present state, with the provider's help where it has some to give.
extension MetadataStore {
  /// Runs a query on the store as it is now.
  ///
  /// For `matches` the provider's full-text index is asked, after all that waits was saved; where it has none all text is read.
  ///
  /// - Parameters:
  ///   - query: The query.
  ///   - parameters: Values for its open places.
  /// - Returns: Records or rows, the place of the next page, and the plan.
  /// - Throws: `.invalid` or `.tooLarge` that says what is wrong with the query or a value, or `.storage`.
  public func query(
    _ query: MetadataQuery, _ parameters: QueryParameters = QueryParameters()
  ) throws(MetadataError) -> QueryResult {
    try snapshot.query(query, parameters) { (words) throws(MetadataError) in
      try self.saver.search(words, in: query.collection)
    }
  }
}
