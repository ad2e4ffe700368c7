/// Where the files of a store are.
///
///     store.json                        format and revision
///     journal.json                      a batch that is being applied
///     records/COLLECTION/KEY.json       a record that reached the disk
///     records/COLLECTION/KEY~.json      a newer state of it that reached the operating system only
///     sessions/NAME.json                documents that are no records
///     tmp/                              files being written
///     damaged/                          files that could not be read
///
/// In KEY every byte but `A-Z a-z 0-9 _ - .` is `%XX`, and so is a first dot. What is longer than 200 bytes is cut into folders
/// whose names end with `~`.
struct FileLayout: Sendable {
  let root: String

  var store: String { "\(root)/store.json" }
  var journal: String { "\(root)/journal.json" }
  var records: String { "\(root)/records" }
  var temporary: String { "\(root)/tmp" }
  var sessions: String { "\(root)/sessions" }
  var damaged: String { "\(root)/damaged" }

  private static let chunk = 200

  /// The path of a record's file without `.json`.
  func stem(_ collection: String, _ key: String) -> String {
    var name = ArraySlice(Self.encoded(key))
    var path = "\(records)/\(collection)"
    while name.count > Self.chunk {
      path += "/\(String(decoding: name.prefix(Self.chunk), as: UTF8.self))~"
      name = name.dropFirst(Self.chunk)
    }
    return "\(path)/\(String(decoding: name, as: UTF8.self))"
  }

  /// The file of a record that reached the disk.
  static func base(_ stem: String) -> String { "\(stem).json" }

  /// The file of a record's newer state that reached the operating system only.
  static func overlay(_ stem: String) -> String { "\(stem)~.json" }

  /// The folder that a path is in.
  static func parent(_ path: String) -> String {
    guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  private static func encoded(_ key: String) -> [UInt8] {
    let hex = Array("0123456789ABCDEF".utf8)
    var name: [UInt8] = []
    for byte in key.utf8 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
        name.append(byte)
      case UInt8(ascii: ".") where !name.isEmpty: name.append(byte)
      default: name += [UInt8(ascii: "%"), hex[Int(byte >> 4)], hex[Int(byte & 15)]]
      }
    }
    return name
  }
}
