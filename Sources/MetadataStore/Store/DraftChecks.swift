/// Who is asked before a transaction counts, in the order of the functions.
protocol DraftChecks {
  /// Holds one write against what is declared.
  ///
  /// - Parameter write: What is asked.
  /// - Returns: What is written instead.
  /// - Throws: What does not fit.
  func prepare(_ write: MetadataWrite) throws(MetadataError) -> Draft.Amendment

  /// Has validators judge the whole.
  ///
  /// - Parameter changes: All of the transaction's.
  /// - Returns: The values that they amended, by place.
  /// - Throws: A veto.
  func review(_ changes: [MetadataChange]) throws(MetadataError) -> [Int: PackedValue]

  /// Holds what is added against the quotas.
  ///
  /// - Parameters:
  ///   - changes: All of the transaction's.
  ///   - others: What the others of the group add, by collection; what this one adds is added to it.
  /// - Throws: `.quota`.
  func bound(_ changes: [MetadataChange], _ others: inout [String: Usage]) throws(MetadataError)

  /// Whether `admit` has anything to ask.
  var hasConstraints: Bool { get }

  /// Holds the whole against constraints between records. What it lets pass counts.
  ///
  /// - Parameters:
  ///   - changes: All of the transaction's.
  ///   - draft: Which has them.
  /// - Throws: `.invalid`, naming the other record.
  func admit(_ changes: [MetadataChange], _ draft: Draft) throws(MetadataError)
}
