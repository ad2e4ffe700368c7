import Glibc

/// Times of the wall clock as text.
public enum LogTime {
  /// Nanoseconds since 1970-01-01 UTC. The corresponding C function is `clock_gettime`.
  public static func now() -> Int64 {
    var time = timespec()
    unsafe clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
  }

  /// A time as RFC 3339 in UTC with milliseconds, such as "2026-11-21T05:10:26.123Z".
  ///
  /// - Parameter nanoseconds: Since 1970-01-01 UTC.
  /// - Returns: 24 ASCII characters for the years 0…9999.
  public static func rfc3339(_ nanoseconds: Int64) -> String {
    let (seconds, rest) = floorDivided(nanoseconds, by: 1_000_000_000)
    let (days, second) = floorDivided(seconds, by: 86_400)
    let (year, month, day) = civil(days)
    return "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))"
      + "T\(padded(second / 3600, 2)):\(padded(second / 60 % 60, 2)):\(padded(second % 60, 2))"
      + ".\(padded(rest / 1_000_000, 3))Z"
  }

  /// Year, month and day of the Gregorian calendar, from days since 1970-01-01, counted in eras of 400 years from March.
  private static func civil(_ days: Int64) -> (Int64, Int64, Int64) {
    let (era, dayOfEra) = floorDivided(days + 719_468, by: 146_097)
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shifted = (5 * dayOfYear + 2) / 153
    let month = shifted < 10 ? shifted + 3 : shifted - 9
    let day = dayOfYear - (153 * shifted + 2) / 5 + 1
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
  }

  private static func floorDivided(_ value: Int64, by divisor: Int64) -> (Int64, Int64) {
    let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
  }

  private static func padded(_ number: Int64, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
  }
}
