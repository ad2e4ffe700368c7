import HostSupport

extension MigrationStep {
  /// What a step could not do, and where.
  struct Problem: Error {
    let reason: String
  }

  /// Does the step to a value.
  func apply(to value: inout MetadataValue) throws(Problem) {
    switch self {
    case .set(let field, let new): try value.set(field.names[...], new, field)
    case .remove(let field): value.remove(field.names[...])
    case .rename(let from, let to):
      guard let moved = from.value(in: value) else { return }
      guard to.value(in: value) == nil else {
        throw Problem(reason: "\(to.pointer) is there already, so \(from) cannot become it")
      }
      value.remove(from.names[...])
      try value.set(to.names[...], moved, to)
    case .convert(let field, let target):
      guard let found = field.value(in: value), found != .null else { return }
      guard let new = target.converted(found) else {
        throw Problem(
          reason:
            "\(field.pointer) cannot become \(target.phrase), being \(ValueCheck.found(found))")
      }
      try value.set(field.names[...], new, field)
    }
  }
}

extension MigrationStep.Target {
  fileprivate var phrase: String {
    SchemaNode.Kinds.all.first { $0.name == rawValue }?.phrase ?? rawValue
  }

  /// The value as one of the type, without loss; `nil` when it is none.
  fileprivate func converted(_ value: MetadataValue) -> MetadataValue? {
    switch self {
    case .boolean: value.asBool
    case .integer: value.asInt
    case .number: value.asDouble
    case .string: value.asString
    case .bytes: value.asBytes
    case .date: value.asDate
    case .array: if case .list = value { value } else { .list([value]) }
    }
  }
}

extension MetadataValue {
  /// Gives a field a value, making maps on the way.
  fileprivate mutating func set(
    _ names: ArraySlice<String>, _ new: MetadataValue, _ field: FieldPath
  ) throws(MigrationStep.Problem) {
    guard let name = names.first else {
      self = new
      return
    }
    guard case .map(var members) = self else {
      let way = field.names.dropLast(names.count)
      let place = way.isEmpty ? "the value" : FieldPath(names: Array(way)).pointer
      throw MigrationStep.Problem(
        reason: "\(place) is \(ValueCheck.found(self)), so nothing can be set within it")
    }
    self = .null
    var member = members.removeValue(forKey: name) ?? .map([:])
    try member.set(names.dropFirst(), new, field)
    members[name] = member
    self = .map(members)
  }

  /// Takes a field away, if it is there.
  fileprivate mutating func remove(_ names: ArraySlice<String>) {
    guard let name = names.first, case .map(var members) = self,
      var member = members.removeValue(forKey: name)
    else { return }
    if names.count > 1 {
      member.remove(names.dropFirst())
      members[name] = member
    }
    self = .map(members)
  }

  fileprivate var asBool: MetadataValue? {
    switch self {
    case .bool: self
    case .int(0): .bool(false)
    case .int(1): .bool(true)
    case .string("true"): .bool(true)
    case .string("false"): .bool(false)
    default: nil
    }
  }

  fileprivate var asInt: MetadataValue? {
    switch self {
    case .int: self
    case .bool(let flag): .int(flag ? 1 : 0)
    case .double(let number): Int64(exactly: number).map { .int($0) }
    case .string(let text): Int64(text).map { .int($0) }
    case .date(let nanoseconds): .int(nanoseconds)
    default: nil
    }
  }

  fileprivate var asDouble: MetadataValue? {
    switch self {
    case .double: self
    case .int(let number): Double(exactly: number).map { .double($0) }
    case .string(let text): Double(text).flatMap { $0.isFinite ? .double($0) : nil }
    default: nil
    }
  }

  fileprivate var asString: MetadataValue? {
    switch self {
    case .string: self
    case .bool(let flag): .string("\(flag)")
    case .int(let number): .string("\(number)")
    case .double(let number): .string("\(number)")
    case .date(let nanoseconds): .string(Timestamp.text(nanoseconds))
    case .bytes(let bytes): String(validating: bytes, as: UTF8.self).map { .string($0) }
    default: nil
    }
  }

  fileprivate var asBytes: MetadataValue? {
    switch self {
    case .bytes: self
    case .string(let text): .bytes(Array(text.utf8))
    default: nil
    }
  }

  fileprivate var asDate: MetadataValue? {
    switch self {
    case .date: self
    case .int(let nanoseconds): .date(nanoseconds: nanoseconds)
    case .string(let text): Timestamp.nanoseconds(text).map { .date(nanoseconds: $0) }
    default: nil
    }
  }
}
