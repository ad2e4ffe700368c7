extension MetadataWrite {
  /// The longest name of a collection in bytes.
  public static let maximumCollectionBytes = 255
  /// The longest key in bytes.
  public static let maximumKeyBytes = 512

  /// Checks names, sizes and numbers; says nothing of the record that is there.
  ///
  /// - Throws: `MetadataError.invalid` or `.tooLarge`, naming what is wrong.
  package func validate() throws(MetadataError) {
    try Self.validate(collection: collection)
    try Self.validate(key: key)
    switch action {
    case .put(let value):
      if let refusal = value.refusal { throw Self.error(refusal, collection, key) }
    case .remove:
      guard expectation != .absent else {
        throw .invalid("\(collection)/\(key) cannot be both removed and expected to be absent")
      }
    }
  }

  /// Whether there is anything about it but its names that could be wrong.
  var isSuspect: Bool {
    switch action {
    case .put(let value): value.refusal != nil
    case .remove: expectation == .absent
    }
  }

  private static func error(
    _ refusal: PackedWriter.Refusal, _ collection: String, _ key: String
  ) -> MetadataError {
    switch refusal {
    case .tooDeep: .tooDeep
    case .tooLarge(let size):
      .tooLarge(
        "the value of \(collection)/\(key) has \(size) bytes; at most "
          + "\(MetadataValue.maximumSize) are allowed, so split it over several records")
    case .notFinite:
      .invalid(
        "the value of \(collection)/\(key) has a number that is not finite; "
          + "use null or text instead")
    case .twice(let name):
      .invalid("a map in the value of \(collection)/\(key) has the name '\(name)' twice")
    case .notText:
      .invalid(
        "text in the value of \(collection)/\(key) is not UTF-8; record it as bytes")
    }
  }

  static func validate(collection: String) throws(MetadataError) {
    guard collection.utf8.count <= maximumCollectionBytes else {
      throw .tooLarge(
        "the collection's name has \(collection.utf8.count) bytes; at most "
          + "\(maximumCollectionBytes) are allowed")
    }
    var isWithin = false
    for byte in collection.utf8 {
      guard isNameByte(byte) || (isWithin && byte == UInt8(ascii: ".")) else {
        throw noName(collection)
      }
      isWithin = byte != UInt8(ascii: ".")
    }
    guard isWithin else { throw noName(collection) }
  }

  private static func noName(_ collection: String) -> MetadataError {
    .invalid(
      "\"\(collection)\" is no name of a collection; "
        + "use segments of A-Z a-z 0-9 _ - joined by dots")
  }

  static func validate(key: String) throws(MetadataError) {
    guard !key.isEmpty else { throw .invalid("the key is empty; give 1…512 bytes") }
    guard key.utf8.count <= maximumKeyBytes else {
      throw .tooLarge("the key has \(key.utf8.count) bytes; at most \(maximumKeyBytes) are allowed")
    }
  }

  private static func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
      true
    default: false
    }
  }
}
