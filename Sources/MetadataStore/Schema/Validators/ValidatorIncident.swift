/// Something that a validator did, or failed to do, that somebody should hear of.
public enum ValidatorIncident: Sendable, Equatable {
  /// It refused a transaction; the record is the first that it was shown.
  case vetoed(validator: String, collection: String, key: String, reason: String)
  /// It took longer than its budget, and the transaction was refused.
  case overran(validator: String, collection: String, key: String)
  /// It is asked no more until it is resumed.
  case suspended(validator: String)
}
