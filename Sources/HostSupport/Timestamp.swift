/// Dates as text, exact to the nanosecond: `2026-01-31T10:00:00.000000001Z`.
public enum Timestamp {
  private static let daySeconds: Int64 = 86_400

  /// The text of a moment in nanoseconds since 1970-01-01 UTC, always with nine decimals.
  public static func text(_ nanoseconds: Int64) -> String {
    let (seconds, fraction) = floorDivide(nanoseconds, 1_000_000_000)
    let (days, second) = floorDivide(seconds, daySeconds)
    let (year, month, day) = civil(days: days)
    let date = "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))"
    let time =
      "\(padded(second / 3600, 2)):\(padded(second / 60 % 60, 2)):\(padded(second % 60, 2))"
    return "\(date)T\(time).\(padded(fraction, 9))Z"
  }

  /// The moment that a text names, or `nil` when it has another form or lies outside 1677…2262.
  ///
  /// The decimals may be absent or 1…9 digits.
  public static func nanoseconds(_ text: String) -> Int64? {
    let bytes = Array(text.utf8)
    guard bytes.count >= 20, bytes.last == UInt8(ascii: "Z"),
      bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-"), bytes[10] == UInt8(ascii: "T"),
      bytes[13] == UInt8(ascii: ":"), bytes[16] == UInt8(ascii: ":"),
      let year = number(bytes[0..<4]), let month = number(bytes[5..<7]), (1...12).contains(month),
      let day = number(bytes[8..<10]), let hour = number(bytes[11..<13]), hour < 24,
      let minute = number(bytes[14..<16]), minute < 60,
      let second = number(bytes[17..<19]), second < 60,
      let fraction = fraction(bytes[19..<(bytes.count - 1)])
    else { return nil }
    let days = days(year: year, month: month, day: day)
    guard civil(days: days) == (year, month, day) else { return nil }
    let seconds = days * daySeconds + hour * 3600 + minute * 60 + second
    // The earliest representable second is only partly representable: go through the next one.
    let whole = (seconds < 0 ? seconds + 1 : seconds).multipliedReportingOverflow(by: 1_000_000_000)
    let rest = seconds < 0 ? fraction - 1_000_000_000 : fraction
    let sum = whole.partialValue.addingReportingOverflow(rest)
    return whole.overflow || sum.overflow ? nil : sum.partialValue
  }

  private static func fraction(_ bytes: ArraySlice<UInt8>) -> Int64? {
    guard let point = bytes.first else { return 0 }
    guard point == UInt8(ascii: "."), (2...10).contains(bytes.count),
      var value = number(bytes.dropFirst())
    else { return nil }
    for _ in bytes.count..<10 { value *= 10 }
    return value
  }

  private static func number(_ digits: ArraySlice<UInt8>) -> Int64? {
    var value: Int64 = 0
    for digit in digits {
      guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
      value = value * 10 + Int64(digit - UInt8(ascii: "0"))
    }
    return value
  }

  private static func padded(_ number: Int64, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
  }

  private static func floorDivide(_ value: Int64, _ by: Int64) -> (quotient: Int64, rest: Int64) {
    let (quotient, rest) = value.quotientAndRemainder(dividingBy: by)
    return rest < 0 ? (quotient - 1, rest + by) : (quotient, rest)
  }

  // The proleptic Gregorian calendar in eras of 400 years that begin on 1 March.
  private static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
    let (era, yearOfEra) = floorDivide(month <= 2 ? year - 1 : year, 400)
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }

  private static func civil(days: Int64) -> (Int64, Int64, Int64) {
    let (era, dayOfEra) = floorDivide(days + 719_468, 146_097)
    let yearOfEra =
      (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shifted = (5 * dayOfYear + 2) / 153
    let month = shifted < 10 ? shifted + 3 : shifted - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    return (year, month, dayOfYear - (153 * shifted + 2) / 5 + 1)
  }
}
