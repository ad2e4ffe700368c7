/// The time after a reload in which it can be taken back.
struct Probation: Sendable {
  /// What was done, with the old generations, their saved states, and what the new ones received since.
  let reload: ReloadTransaction
  /// The control queue's token for the end of the time.
  let timer: UInt64
}
