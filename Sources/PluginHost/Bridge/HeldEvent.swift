import EventBus

/// A publish that waits for its generation to commit.
@safe struct HeldEvent: @unchecked Sendable {
  // Safe: the copy is immutable and counted; whoever takes the value holds its one reference.
  let topic: String
  let event: UnsafeMutableRawPointer
}
