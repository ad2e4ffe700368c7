import CHostSupport

/// What came of a call into a plugin.
public struct CallResult: Sendable, Equatable {
  /// The callee's own code, or one of the negative codes of the call itself.
  public let code: Int32
  /// The signal of a contained crash, else 0.
  public let fault: Int32

  /// Describes what came of a call.
  public init(code: Int32, fault: Int32 = 0) {
    self.code = code
    self.fault = fault
  }

  /// Why a call did not come to its own end, or `nil` when the code is the callee's.
  public var failure: CallFailure? { CallFailure(rawValue: code) }
}

/// Why a call into a plugin did not come to its own end.
public enum CallFailure: Int32, Sendable, Equatable {
  /// The callee crashed and was contained.
  case crashed = -1
  /// Too many calls are nested on this thread.
  case tooDeep = -2
  /// The registration was revoked.
  case revoked = -3
  /// A reload held the gate past the caller's patience.
  case gateClosed = -4
  /// There was no memory for the thread's slot.
  case noMemory = -5
  /// An async subscription could not take the event.
  case queueFull = -6
  /// An interceptor refused the event.
  case refused = -7
  /// The event does not fit what was declared of its topic.
  case unfit = -8
}
