import HostSupport

/// One change of a value on its way to a later version.
public enum MigrationStep: Sendable, Equatable {
  /// What a field can be made into.
  public enum Target: String, Sendable, CaseIterable {
    case boolean, integer, number, string, bytes, date, array
  }

  /// Moves a field, which is left alone where it is missing; the maps on the new way are made.
  case rename(from: FieldPath, to: FieldPath)
  /// Gives a field a value, whatever it had; the maps on the way are made.
  case set(FieldPath, MetadataValue)
  /// Takes a field away, if it is there.
  case remove(FieldPath)
  /// Makes a field's value into one of another type; null and a missing field are left alone.
  case convert(FieldPath, to: Target)

  var json: JSON {
    switch self {
    case .rename(let from, let to):
      .object([
        "rename": .object(["from": .string("\(from)"), "to": .string("\(to)")])
      ])
    case .set(let field, let value):
      .object(["set": .object(["field": .string("\(field)"), "value": value.json])])
    case .remove(let field): .object(["remove": .string("\(field)")])
    case .convert(let field, let target):
      .object([
        "convert": .object(["field": .string("\(field)"), "to": .string(target.rawValue)])
      ])
    }
  }
}
