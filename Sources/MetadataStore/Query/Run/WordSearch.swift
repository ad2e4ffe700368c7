/// Looks for words in all text of a value.
///
/// A word is a run of letters and digits. Words are the same when their lower case is.
struct WordSearch: Sendable {
  /// The words as they are looked for, each once.
  private let words: [[UInt8]]

  /// Takes words.
  ///
  /// - Throws: `.invalid` when there are none, `.tooLarge` when there are too many.
  init(_ value: MetadataValue) throws(MetadataError) {
    guard case .string(let text) = value else {
      throw .invalid("matches needs text, not \(QueryOperand.text(of: value))")
    }
    var words: [[UInt8]] = []
    Self.forEachWord(of: text) { word in
      if !words.contains(word) { words.append(word) }
    }
    guard !words.isEmpty else {
      throw .invalid("matches needs a word, and there is none in \(QueryOperand.text(of: value))")
    }
    guard words.count <= MetadataQuery.mostWords else {
      throw .tooLarge(
        "matches has \(words.count) words; at most \(MetadataQuery.mostWords) are allowed")
    }
    self.words = words
  }

  /// Whether every word is somewhere in the value.
  func fits(_ view: PackedView) -> Bool {
    var missing = UInt32.max >> UInt32(32 - words.count)
    search(view, &missing)
    return missing == 0
  }

  private func search(_ view: PackedView, _ missing: inout UInt32) {
    switch view.kind {
    case .string: unsafe search(view.text, &missing)
    case .list:
      view.forEachElement { element in
        search(element, &missing)
        return missing != 0
      }
    case .map:
      unsafe view.forEachMember { _, member in
        search(member, &missing)
        return missing != 0
      }
    default: return
    }
  }

  private func search(_ text: UnsafeBufferPointer<UInt8>, _ missing: inout UInt32) {
    guard unsafe text.allSatisfy({ $0 < 0x80 }) else {
      let text = unsafe String(decoding: text, as: UTF8.self)
      Self.forEachWord(of: text) { word in
        for (index, wanted) in words.enumerated() where wanted == word {
          missing &= ~(1 << UInt32(index))
        }
      }
      return
    }
    var start = 0
    for end in 0...text.count {
      if end < text.count, unsafe Self.isPart(text[end]) { continue }
      if start < end {
        for (index, wanted) in words.enumerated() where wanted.count == end - start {
          let isEqual = wanted.indices.allSatisfy {
            unsafe wanted[$0] == Self.lowercased(text[start + $0])
          }
          if isEqual { missing &= ~(1 << UInt32(index)) }
        }
      }
      start = end + 1
    }
  }

  private static func isPart(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
      || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
  }

  private static func lowercased(_ byte: UInt8) -> UInt8 {
    (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
  }

  /// Calls `body` with the words of a text in lower case.
  private static func forEachWord(of text: String, _ body: ([UInt8]) -> Void) {
    var word: [UInt8] = []
    for scalar in text.unicodeScalars {
      let properties = scalar.properties
      if properties.isAlphabetic || properties.numericType != nil {
        word += properties.lowercaseMapping.utf8
      } else if !word.isEmpty {
        body(word)
        word = []
      }
    }
    if !word.isEmpty { body(word) }
  }
}
