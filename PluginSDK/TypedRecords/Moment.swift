import FoundationEssentials

/// Dates as the store has them: nanoseconds since 1970-01-01 UTC, from 1677 to 2262.
enum Moment {
  /// Seconds from 1970 to 2001, from where `Date` counts.
  private static let reference: Int64 = 978_307_200

  /// The nanoseconds of a date, rounded; `nil` when it is beyond the range.
  static func nanoseconds(of date: Date) -> Int64? {
    let seconds = date.timeIntervalSinceReferenceDate
    guard abs(seconds) < 1e11 else { return nil }
    let whole = seconds.rounded(.down)
    let fraction = Int64(((seconds - whole) * 1e9).rounded())
    let (scaled, isTooMuch) = (Int64(whole) + reference)
      .multipliedReportingOverflow(by: 1_000_000_000)
    let (sum, isBeyond) = scaled.addingReportingOverflow(fraction)
    return isTooMuch || isBeyond ? nil : sum
  }

  /// The date of nanoseconds, as exactly as a `Date` can have it.
  static func date(of nanoseconds: Int64) -> Date {
    let (whole, rest) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
    return Date(
      timeIntervalSinceReferenceDate: Double(whole - reference) + Double(rest) / 1e9
    )
  }
}
