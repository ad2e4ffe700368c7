/// The facts of an image as bytes of the registry cache: traits, machine and counts, then texts with their lengths.
enum FactsCoding {
  static func encode(_ facts: ImageFacts) -> [UInt8] {
    var bytes: [UInt8] = []
    put(facts.traits.rawValue, &bytes)
    put(UInt32(facts.machine), &bytes)
    put(UInt32(clamping: facts.otherExports.count), &bytes)
    for text in [facts.soname, facts.buildID] {
      put(text == nil ? 0 : 1, &bytes)
      put(text ?? "", &bytes)
    }
    for list in [
      facts.needed, facts.runpath, facts.lingeringImports, facts.otherExports.sample,
    ] {
      put(UInt32(list.count), &bytes)
      for text in list { put(text, &bytes) }
    }
    return bytes
  }

  /// Decodes what `encode` made; what is missing is empty.
  static func decode(_ bytes: ArraySlice<UInt8>) -> ImageFacts {
    var rest = bytes
    var facts = ImageFacts()
    facts.traits = ImageFacts.Traits(rawValue: number(&rest))
    facts.machine = UInt16(truncatingIfNeeded: number(&rest))
    facts.otherExports.count = Int(number(&rest))
    facts.soname = optionalText(&rest)
    facts.buildID = optionalText(&rest)
    facts.needed = list(&rest)
    facts.runpath = list(&rest)
    facts.lingeringImports = list(&rest)
    facts.otherExports.sample = list(&rest)
    return facts
  }

  private static func put(_ number: UInt32, _ bytes: inout [UInt8]) {
    for shift in stride(from: 0 as UInt32, to: 32, by: 8) {
      bytes.append(UInt8(truncatingIfNeeded: number >> shift))
    }
  }

  private static func put(_ text: String, _ bytes: inout [UInt8]) {
    put(UInt32(text.utf8.count), &bytes)
    bytes += text.utf8
  }

  private static func number(_ rest: inout ArraySlice<UInt8>) -> UInt32 {
    guard rest.count >= 4 else { return 0 }
    var value: UInt32 = 0
    for byte in rest.prefix(4).reversed() { value = value << 8 | UInt32(byte) }
    rest = rest.dropFirst(4)
    return value
  }

  private static func text(_ rest: inout ArraySlice<UInt8>) -> String {
    let count = min(Int(number(&rest)), rest.count)
    defer { rest = rest.dropFirst(count) }
    return String(decoding: rest.prefix(count), as: UTF8.self)
  }

  private static func optionalText(_ rest: inout ArraySlice<UInt8>) -> String? {
    let isThere = number(&rest) == 1
    let text = text(&rest)
    return isThere ? text : nil
  }

  private static func list(_ rest: inout ArraySlice<UInt8>) -> [String] {
    let count = min(Int(number(&rest)), rest.count / 4)
    return (0..<count).map { _ in text(&rest) }
  }
}
