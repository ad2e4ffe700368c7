/// A file to stage.
public struct StagingRequest: Sendable, Equatable {
  /// The user's file.
  public let path: String
  /// What its copy is called, usually the plugin's id; other characters than letters, digits, `.`, `_` and `-` are replaced.
  public let label: String
  /// The generation of the plugin that it becomes, 1….
  public let generation: UInt32

  /// Takes what to stage.
  public init(path: String, label: String, generation: UInt32) {
    self.path = path
    self.label = label
    self.generation = generation
  }

  /// The beginning of the copy's name.
  var stem: String { "\(StagingRequest.safe(label))@\(generation)" }

  /// A text as part of a file's name: other characters replaced, cut to 100 bytes.
  static func safe(_ text: String) -> String {
    let bytes = text.utf8.prefix(100).map { byte -> UInt8 in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"),
        UInt8(ascii: "-"):
        byte
      default: UInt8(ascii: "_")
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
