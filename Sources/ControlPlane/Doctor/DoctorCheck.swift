/// One thing that `dovetail doctor` looked at.
public struct DoctorCheck: Codable, Sendable, Equatable {
  /// How it is.
  public enum Outcome: String, Codable, Sendable {
    /// As it should be.
    case ok
    /// It works, but not for long or not as well as it could.
    case warn
    /// A host would not work.
    case fail
  }

  /// What was looked at.
  public let name: String
  /// How it is.
  public let outcome: Outcome
  /// What was found, in one line.
  public let finding: String
  /// What to do about it; `nil` when nothing is to be done.
  public let fix: String?

  /// Describes a finding.
  public init(_ name: String, _ outcome: Outcome, _ finding: String, fix: String? = nil) {
    self.name = name
    self.outcome = outcome
    self.finding = finding
    self.fix = fix
  }
}
