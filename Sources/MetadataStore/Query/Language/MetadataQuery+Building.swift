extension MetadataQuery {
  /// The same query for the records that also fulfil a condition.
  public func filtered(_ condition: QueryCondition) -> MetadataQuery {
    changed { $0.condition = $0.condition.map { $0 && condition } ?? condition }
  }

  /// The same query, showing terms in place of whole records.
  public func selecting(_ columns: QueryTerm...) -> MetadataQuery {
    changed { $0.columns += columns }
  }

  /// The same query for groups of records that have fields in common.
  public func grouped(by fields: QueryField...) -> MetadataQuery {
    changed { $0.grouping += fields }
  }

  /// The same query for the groups that also fulfil a condition.
  public func having(_ condition: QueryCondition) -> MetadataQuery {
    changed { $0.groupCondition = $0.groupCondition.map { $0 && condition } ?? condition }
  }

  /// The same query, ordered by a term where the order so far leaves it open.
  public func ordered(by term: QueryTerm, descending: Bool = false) -> MetadataQuery {
    changed { $0.ordering.append(QueryOrder(term, isDescending: descending)) }
  }

  /// The same query for at most so many results.
  public func limited(to limit: Int) -> MetadataQuery {
    changed { $0.limit = .value(.int(Int64(limit))) }
  }

  /// The same query for the results behind a page.
  ///
  /// - Parameter cursor: `QueryResult.cursor` of that page; `nil` for the first page.
  /// - Returns: The query.
  public func after(_ cursor: String?) -> MetadataQuery {
    changed { $0.cursor = cursor.map { .value(.string($0)) } }
  }

  private func changed(_ change: (inout MetadataQuery) -> Void) -> MetadataQuery {
    var query = self
    change(&query)
    return query
  }
}
