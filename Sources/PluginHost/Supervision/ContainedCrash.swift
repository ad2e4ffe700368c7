import CHostSupport

/// A crash of plugin code that was contained.
struct ContainedCrash: Sendable, Equatable {
  private static let longest = 512

  /// The signal's name.
  let signal: String
  /// What the Swift runtime said of it, in one line; empty when it said nothing.
  let message: String

  /// Describes the last crash on this thread, on which it was contained.
  init(signal: Int32) {
    self.signal = SignalName.of(signal)
    let bytes = unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: Self.longest) {
      let length = unsafe hs_guard_take_message($0.baseAddress, Self.longest)
      return unsafe $0.prefix(length).map { UInt8(bitPattern: $0) }
    }
    message = String(decoding: bytes, as: UTF8.self)
  }

  /// Signal, place and message in one line.
  func cause(in place: String) -> String {
    "\(signal) in \(place)" + (message.isEmpty ? "" : ": \(message)")
  }
}
