/// What is known of one field of one group.
@safe struct Figures {
  // Safe: what it points to are whole values, which the records or `ValueCopies` keep where they are.

  /// How many records have the field.
  var present = 0
  /// How many of them have a number there.
  var numbers = 0
  /// How many of those are doubles.
  var doubles = 0
  /// The sum of the integers.
  var wholeSum: Int128 = 0
  /// The sum of the doubles, and what rounding took from it.
  var sum = 0.0
  var compensation = 0.0
  /// The least and the greatest value, where they stay.
  private(set) var least: UnsafePointer<UInt8>?
  private(set) var greatest: UnsafePointer<UInt8>?

  /// What is wanted of a field.
  struct Wanted: OptionSet {
    let rawValue: UInt8
    static let sum = Wanted(rawValue: 1)
    static let least = Wanted(rawValue: 2)
    static let greatest = Wanted(rawValue: 4)
    static let sample = Wanted(rawValue: 8)

    init(rawValue: UInt8) {
      self.rawValue = rawValue
    }

    /// What a function is made of.
    init(_ function: QueryAggregate.Function) {
      switch function {
      case .count: self = []
      case .sum, .average: self = .sum
      case .minimum: self = .least
      case .maximum: self = .greatest
      case .percentile: self = .sample
      }
    }
  }

  /// Counts a number in.
  @inline(__always)
  mutating func add(_ field: PackedView) {
    switch field.kind {
    case .int:
      numbers += 1
      wholeSum += Int128(field.int)
    case .double:
      numbers += 1
      doubles += 1
      // Neumaier's sum: the error does not grow with the number of records.
      let number = field.double
      let total = sum + number
      compensation +=
        abs(sum) >= abs(number) ? (sum - total) + number : (number - total) + sum
      sum = total
    default: break
    }
  }

  /// Makes a value the least or the greatest one when it is.
  @inline(__always)
  mutating func compare(
    _ value: UnsafePointer<UInt8>, _ slot: Int, _ wanted: Wanted, _ copies: ValueCopies
  ) {
    if wanted.contains(.least) {
      if unsafe least.map({ unsafe Self.order(value, $0) < 0 }) ?? true {
        unsafe least = unsafe copies.stable(value, slot, replacing: least)
      }
    }
    if wanted.contains(.greatest) {
      if unsafe greatest.map({ unsafe Self.order(value, $0) > 0 }) ?? true {
        unsafe greatest = unsafe copies.stable(value, slot, replacing: greatest)
      }
    }
  }

  @inline(__always)
  private static func order(_ left: UnsafePointer<UInt8>, _ right: UnsafePointer<UInt8>) -> Int {
    let (view, other) = unsafe (PackedView(left), PackedView(right))
    if view.kind == .int, other.kind == .int {
      return view.int < other.int ? -1 : view.int > other.int ? 1 : 0
    }
    return ValueOrder.compare(view, other)
  }

  /// A figure but for percentiles.
  func value(_ function: QueryAggregate.Function) -> MetadataValue {
    switch function {
    case .count, .percentile: .int(Int64(present))
    case .sum: total
    case .average: numbers == 0 ? .null : Self.finite(approximateTotal / Double(numbers))
    case .minimum: unsafe Self.value(least)
    case .maximum: unsafe Self.value(greatest)
    }
  }

  private var approximateTotal: Double { Double(wholeSum) + (sum + compensation) }

  private var total: MetadataValue {
    if doubles == 0, let whole = Int64(exactly: wholeSum) { return .int(whole) }
    return Self.finite(approximateTotal)
  }

  private static func finite(_ number: Double) -> MetadataValue {
    number.isFinite ? .double(number) : .null
  }

  private static func value(_ place: UnsafePointer<UInt8>?) -> MetadataValue {
    unsafe place.map { unsafe PackedView($0).value } ?? .null
  }
}
