import Synchronization

/// Whether a subscription with a time limit gets events: suspended while a call runs past it, then tried with one call.
///
/// Threading: any thread.
final class Trial: Sendable {
  private enum Standing {
    /// Every call is made.
    case trusted
    /// So many calls run past their limit: no other is made.
    case suspended(late: Int)
    /// The late calls have returned: the next call decides.
    case halfOpen
    /// That call runs.
    case probing
  }

  private let standing = Mutex(Standing.trusted)

  /// Whether events are kept from it.
  var isSuspended: Bool {
    standing.withLock { if case .trusted = $0 { false } else { true } }
  }

  /// Asks whether a call may be made; when it may, `finish` must follow.
  func admit() -> Bool {
    standing.withLock { standing in
      switch standing {
      case .trusted: return true
      case .halfOpen:
        standing = .probing
        return true
      case .suspended, .probing: return false
      }
    }
  }

  /// Whether `admit` would let a call be made.
  var wouldAdmit: Bool {
    standing.withLock { standing in
      switch standing {
      case .trusted, .halfOpen: true
      case .suspended, .probing: false
      }
    }
  }

  /// A call ran past its limit, and runs on.
  func suspend() {
    standing.withLock { standing in
      if case .suspended(let late) = standing {
        standing = .suspended(late: late + 1)
      } else {
        standing = .suspended(late: 1)
      }
    }
  }

  /// A call has returned.
  func finish(late: Bool) {
    standing.withLock { standing in
      switch standing {
      case .suspended(let count) where late:
        standing = count > 1 ? .suspended(late: count - 1) : .halfOpen
      case .probing where !late: standing = .trusted
      default: break
      }
    }
  }
}
