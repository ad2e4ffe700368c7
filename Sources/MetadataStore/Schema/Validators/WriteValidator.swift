/// Somebody who is asked before writes are committed, and may amend or veto them.
public protocol WriteValidator: AnyObject, Sendable {
  /// Unique among the validators of a store.
  var name: String { get }
  /// The collections whose writes it is shown.
  var pattern: CollectionPattern { get }
  /// Higher first; ties by order of registration. Later ones are shown what earlier ones amended.
  var priority: Int32 { get }
  /// Milliseconds that a review may take, 1…10,000; commits wait meanwhile.
  var budget: Int { get }
  /// Whether writes are refused, not let through unseen, while it is suspended.
  var isRequired: Bool { get }

  /// Judges the writes of one transaction that it is to be shown.
  ///
  /// Called on a thread of its own, one call at a time, with no lock held. It may read the store. A write on that thread is refused;
  /// one on another thread would wait for the commit that waits for it, until its budget is over.
  ///
  /// - Parameters:
  ///   - writes: In the order of the transaction; types and ranges are checked already.
  ///   - snapshot: The store as readers see it.
  /// - Returns: What is to become of them.
  func review(_ writes: [ProposedWrite], snapshot: MetadataSnapshot) -> WriteVerdict
}
