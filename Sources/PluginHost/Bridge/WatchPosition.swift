import MetadataStore

/// How far a watch has come: a revision, or a place in the middle of the transaction that made it.
struct WatchPosition: Sendable, Equatable {
  private let revision: UInt64
  /// Of the last change that was reported; `nil` when all of the revision's were.
  private let index: Int?

  /// After everything of a revision.
  init(after revision: UInt64) {
    self.revision = revision
    index = nil
  }

  /// After one change; others of its transaction may follow.
  init(after change: MetadataChange) {
    revision = change.revision
    index = change.index
  }

  /// The revision after which to read on; what `covers` was reported already.
  var start: UInt64 { index == nil ? revision : revision - 1 }

  /// Whether a change that comes after `start` was reported already.
  func covers(_ change: MetadataChange) -> Bool {
    guard let index else { return false }
    return change.revision == revision && change.index <= index
  }
}
