import EventBus

/// Which events a subscription wants, by their numbers.
struct Sieve: Sendable {
  /// The sixth number after one is let through as that one is.
  static let period = 6
  private let passing: [Bool]
  /// What the conditions let through.
  private let offered: [Bool]
  /// What the host looks at.
  let conditions: [EventCondition]
  /// Whether the handler is asked too.
  let isAsked: Bool

  /// Draws one: every second lets everything through.
  init(_ random: inout SplitMix) {
    let kind = max(0, random.below(8) - 3)
    conditions =
      switch kind {
      case 1: [EventCondition(.attribute(.subject), .equal, "m1")]
      case 2, 4: [EventCondition(.attribute(.subject), .notEqual, "m1")]
      default: []
      }
    isAsked = kind >= 3
    offered = (0..<Self.period).map { number in
      switch kind {
      case 1: number % 3 == 1
      case 2, 4: number % 3 != 1
      default: true
      }
    }
    let isAsked = isAsked
    passing = offered.enumerated().map { $1 && (!isAsked || Self.isWanted($0)) }
  }

  /// What a handler answers that is asked.
  static func isWanted(_ number: Int) -> Bool { number % 2 == 0 }

  /// Whether all pass.
  var isOpen: Bool { passing.allSatisfy { $0 } }

  func passes(_ number: Int) -> Bool { passing[number % Self.period] }

  /// How many of a range pass.
  func count(_ low: Int, _ high: Int) -> Int { Self.count(passing, low, high) }

  /// How many of a range the handler is asked about, and does not want.
  func countUnwanted(_ low: Int, _ high: Int) -> Int {
    Self.count(offered, low, high) - Self.count(passing, low, high)
  }

  private static func count(_ chosen: [Bool], _ low: Int, _ high: Int) -> Int {
    guard low < high else { return 0 }
    let whole = (high - low) / period
    let rest = (low + whole * period)..<high
    return whole * chosen.count { $0 } + rest.count { chosen[$0 % period] }
  }
}
