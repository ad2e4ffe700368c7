/// What analytics reads of an event on `log-source.line`.
struct Observation: Decodable, Sendable {
  /// `YYYY-MM-DD`; `nil` for a line of another form, as the rest.
  var date: String?
  /// `HH:MM:SS`.
  var time: String?
  /// What was done.
  var action: String?
  /// To which package.
  var package: String?

  /// Such as `2026-01-31 12`; `nil` for a line without a date.
  var hour: String? {
    guard let date, let time else { return nil }
    return "\(date) \(time.prefix(2))"
  }
}
