import CDovetail

extension Metadata {
  /// Does one list of changes or another, all or none of it, under one revision.
  ///
  /// - Parameters:
  ///   - conditions: At most 1,024; none: always `changes`.
  ///   - changes: At most 65,536, in order; each sees those before it.
  ///   - otherwise: What happens when a condition does not hold.
  /// - Returns: What happened, or the record that was in the way.
  /// - Throws: `notFound` (a removal), `tooLarge`, `full` (a quota), `failed` (storage), `notCommitted`; nothing changed.
  @discardableResult
  public func transact(
    when conditions: [RecordCondition] = [], _ changes: [RecordChange],
    otherwise: [RecordChange] = []
  ) throws(PluginError) -> TransactionOutcome {
    guard let transact = unsafe try extended().pointee.transact else { throw Self.tooOld }
    let write = Write()
    var raw = unsafe dvt_transaction.headed()
    unsafe raw.conditions = unsafe write.list(conditions)
    unsafe raw.condition_count = UInt64(conditions.count)
    unsafe raw.writes = unsafe write.list(changes)
    unsafe raw.write_count = UInt64(changes.count)
    unsafe raw.otherwise = unsafe write.list(otherwise)
    unsafe raw.otherwise_count = UInt64(otherwise.count)
    var out = dvt_transacted.headed()
    let found = Found()
    defer { withExtendedLifetime((write, found)) {} }
    do throws(PluginError) {
      unsafe try attempt { error in
        unsafe transact(
          host, &raw, &out, Found.note, Found.receive, found.pointer, error)
      }
    } catch {
      guard error.code == .conflict else { throw error }
      return .conflict(current: found.records.first)
    }
    return .done(
      Transacted(
        conditionsHeld: out.conditions_held != 0, revision: out.revision,
        durability: Durability(rawValue: out.durability) ?? .memory, written: found.written))
  }

  /// Waits until everything that was acknowledged is as safe as `durability`: `os` or `disk`.
  ///
  /// - Throws: `failed` (storage), `notCommitted`.
  public func flush(_ durability: Durability = .disk) throws(PluginError) {
    guard let flush = unsafe try extended().pointee.flush else { throw Self.tooOld }
    unsafe try attempt { unsafe flush(host, durability.rawValue, $0) }
  }
}
