/// Why the store did not do what was asked; nothing changed.
public enum MetadataError: Error, Equatable, CustomStringConvertible {
  /// The record is not as expected; `current` is the record that is there, `nil` when there is none.
  case conflict(collection: String, key: String, current: MetadataRecord?)
  /// An argument is malformed; the text says which and how to mend it.
  case invalid(String)
  /// A documented size was exceeded; the text has the size and the limit.
  case tooLarge(String)
  /// There is no such record to remove.
  case notFound(collection: String, key: String)
  /// The name of a watch is taken.
  case exists(String)
  /// The provider could not write or read; the text has the system's own words.
  case storage(String)
  /// The store at `path` has a format that only a newer version of the program knows.
  case newerFormat(path: String, found: Int, supported: Int)
  /// Another process has the store at `path` open.
  case inUse(path: String)
  /// Changes after the asked revision are no longer held: list anew, then watch from the revision listed.
  case resyncNeeded(from: UInt64)
  /// The provider, or the store as it is set up, cannot do that; the text says what can be done instead.
  case unsupported(String)
  /// What was changed after that revision is no longer held, so nobody knows what was there; `oldest` is the first one held.
  case notHeld(revision: UInt64, oldest: UInt64)
  /// A bound that the host's operator or a manifest sets was reached; the text has the bound and where it is set.
  case quota(String)
  /// There is no store yet, or none any more; the text says why and what to do.
  case unavailable(String)
  /// A validator refused the write or could not judge it; the text names it and says why.
  case vetoed(String)
  /// A validator writes while it judges; the write would wait for itself.
  case writesWhileJudging
  /// The store was closed.
  case closed

  /// The whole error in one line.
  public var description: String {
    switch self {
    case .conflict(let collection, let key, let current?):
      "\(collection)/\(key) is at version \(current.version), not as expected; "
        + "read it and try again"
    case .conflict(let collection, let key, nil):
      "\(collection)/\(key) does not exist, but a version of it was expected; create it first"
    case .invalid(let text), .tooLarge(let text), .unsupported(let text), .quota(let text),
      .unavailable(let text), .vetoed(let text):
      text
    case .notFound(let collection, let key): "\(collection)/\(key) does not exist"
    case .exists(let name): "a watch named \"\(name)\" exists; cancel it or take another name"
    case .storage(let text): "nothing was changed: \(text)"
    case .newerFormat(let path, let found, let supported):
      "\(path) was written in format \(found), this program knows formats up to \(supported); "
        + "it was left untouched: use a newer dovetail"
    case .inUse(let path): "\(path) is open in another process; stop it or use another folder"
    case .resyncNeeded(let revision):
      "the changes asked for are no longer held; list the records and watch from \(revision) on"
    case .notHeld(let revision, let oldest):
      "what was there at revision \(revision) is no longer known; history is held from "
        + "\(oldest) on"
    case .writesWhileJudging:
      "a validator cannot write while it judges, for the write would wait for itself; amend what it "
        + "is shown, or write when a watch tells that it was committed"
    case .closed: "the metadata store is closed"
    }
  }

  static var tooDeep: MetadataError {
    .tooLarge("the value is nested deeper than \(MetadataValue.maximumDepth) levels; flatten it")
  }
}
