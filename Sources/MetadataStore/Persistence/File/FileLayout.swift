/// Where the files of a store are.
///
///     store.json                        format and revision
///     journal/00000001.jsonl            batches that are not in the records' files yet; see `JournalText`
///     records/COLLECTION/ab/KEY.json    a record; `ab` is its shard, by a hash of the key
///     sessions/NAME.json                documents that are no records
///     tmp/                              files being written
///     damaged/                          files that could not be read
///
/// In KEY every byte but `A-Z a-z 0-9 _ - .` is `%XX`, and so is a first dot. What is longer than 200 bytes is cut into folders
/// whose names end with `~`.
///
/// Format 1 had `records/COLLECTION/KEY.json`, beside it `KEY~.json` with a newer state that was not synced, and one batch in
/// `journal.json`.
struct FileLayout: Sendable {
  let root: String

  static let store = "store.json"
  static let oldJournal = "journal.json"
  static let journal = "journal"
  static let records = "records"
  static let temporary = "tmp"
  static let sessions = "sessions"
  static let damaged = "damaged"

  private static let chunk = 200

  /// The whole path of what is below the root.
  func path(_ name: String) -> String { "\(root)/\(name)" }

  /// The path of a record's file below `records`.
  static func file(_ collection: String, _ key: String) -> String {
    "\(collection)/\(shard(key))/\(name(key))"
  }

  /// The path that format 1 gave a record's file below `records`.
  static func oldFile(_ collection: String, _ key: String) -> String {
    "\(collection)/\(name(key))"
  }

  /// The folder that a path is in.
  static func parent(_ path: String) -> String {
    guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  /// The last part of a path.
  static func last(_ path: String) -> String {
    guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return path }
    return String(path[path.utf8.index(after: slash)...])
  }

  /// Whether a name is that of a shard.
  static func isShard(_ name: String) -> Bool {
    name.utf8.count == 2 && name.utf8.allSatisfy { hex.contains($0) }
  }

  private static let hex = Array("0123456789abcdef".utf8)

  /// One of 256 shards: the FNV-1a hash of the key's bytes, folded.
  private static func shard(_ key: String) -> String {
    var hash: UInt32 = 0x811C_9DC5
    for byte in key.utf8 { hash = (hash ^ UInt32(byte)) &* 0x0100_0193 }
    let folded = UInt8(truncatingIfNeeded: hash ^ hash >> 8 ^ hash >> 16 ^ hash >> 24)
    return String(decoding: [hex[Int(folded >> 4)], hex[Int(folded & 15)]], as: UTF8.self)
  }

  private static func name(_ key: String) -> String {
    let name = encoded(key)
    guard name.count > chunk else { return String(decoding: name, as: UTF8.self) + ".json" }
    var rest = ArraySlice(name)
    var path = ""
    while rest.count > chunk {
      path += "\(String(decoding: rest.prefix(chunk), as: UTF8.self))~/"
      rest = rest.dropFirst(chunk)
    }
    return path + String(decoding: rest, as: UTF8.self) + ".json"
  }

  private static func encoded(_ key: String) -> [UInt8] {
    let hex = Array("0123456789ABCDEF".utf8)
    var name: [UInt8] = []
    name.reserveCapacity(key.utf8.count + 8)
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
