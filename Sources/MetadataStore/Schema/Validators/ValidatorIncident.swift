/// Something that a validator did, or failed to do, that somebody should hear of.
public enum ValidatorIncident: Sendable, Equatable, CustomStringConvertible {
  /// It refused a transaction; the record is the first that it was shown.
  case vetoed(validator: String, collection: String, key: String, reason: String)
  /// It took longer than its budget, and the transaction was refused.
  case overran(validator: String, collection: String, key: String)
  /// It could not judge: it crashed, or it is being replaced.
  case failed(validator: String, collection: String, key: String)
  /// It is suspended, and a transaction passed it unseen, or was refused.
  case skipped(validator: String)
  /// It is asked no more until it is resumed.
  case suspended(validator: String)

  /// The name of the validator.
  public var validator: String {
    switch self {
    case .vetoed(let name, _, _, _), .overran(let name, _, _), .failed(let name, _, _),
      .skipped(let name), .suspended(let name):
      name
    }
  }

  /// What happened, in one line.
  public var description: String {
    switch self {
    case .vetoed(let name, let collection, let key, let reason):
      "validator \"\(name)\" refused to let \(collection)/\(key) be written: \(reason)"
    case .overran(let name, let collection, let key):
      "validator \"\(name)\" did not judge \(collection)/\(key) within its budget; it was not written"
    case .failed(let name, let collection, let key):
      "validator \"\(name)\" could not judge \(collection)/\(key); it was not written"
    case .skipped(let name): "a write was not judged by validator \"\(name)\", which is suspended"
    case .suspended(let name):
      "validator \"\(name)\" is suspended, because it took too long again and again; reload its plugin"
    }
  }
}
