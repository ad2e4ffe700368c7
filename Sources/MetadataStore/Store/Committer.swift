/// What a `CommitQueue` leads writers to. One call is made at a time.
protocol Committer {
  /// Commits one.
  func commit(_ work: CommitQueue.Work) -> CommitQueue.Outcome

  /// Commits a group, in order.
  ///
  /// - Returns: An outcome for each.
  func commit(_ group: [CommitQueue.Work]) -> [CommitQueue.Outcome]
}
