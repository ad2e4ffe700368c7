import FoundationEssentials
import PluginSDK

/// `metadata.options`.
struct StoreOptions: Sendable {
  /// How much a commit that asks for the disk waits for.
  enum Synchronous: String, Sendable, CaseIterable {
    /// It is on the disk; also the folder, where a file came or went.
    case extra
    /// It is on the disk.
    case full
    /// It is with the operating system: no write ever reaches `disk`.
    case normal
  }

  /// The database file; `nil` for `store.db` in the provider's own folder.
  var path: String?
  /// How safe commits are.
  var synchronous = Synchronous.full
  /// Pages of 4 KiB in the write-ahead log before they are brought into the database, 100…1,000,000.
  var checkpointPages = 1_000
  /// Connections that read at once, 1…64.
  var readers = 4
  /// Days for which figures are kept, 1…36,500.
  var metricsDays = 30

  private static let known = ["path", "synchronous", "checkpointPages", "readers", "metricsDays"]

  /// Reads the options.
  ///
  /// - Parameter json: The JSON text of an object.
  /// - Throws: `invalid` that names the option.
  init(_ json: [UInt8]) throws(PluginError) {
    guard let object = try? JSONDecoder().decode([String: Setting].self, from: Data(json)) else {
      throw PluginError(
        .invalid,
        "metadata.options has something that is neither text nor a whole number; known are "
          + Self.known.joined(separator: ", "))
    }
    for name in object.keys.sorted() where !Self.known.contains(name) {
      throw PluginError(
        .invalid,
        "metadata.options.\(name) is unknown; known are \(Self.known.joined(separator: ", "))")
    }
    path = try object["path"]?.text("path")
    if let text = try object["synchronous"]?.text("synchronous") {
      guard let synchronous = Synchronous(rawValue: text) else {
        throw PluginError(
          .invalid, "metadata.options.synchronous is \"\(text)\"; it is one of extra, full, normal")
      }
      self.synchronous = synchronous
    }
    try object["checkpointPages"]?.number("checkpointPages", 100...1_000_000, &checkpointPages)
    try object["readers"]?.number("readers", 1...64, &readers)
    try object["metricsDays"]?.number("metricsDays", 1...36_500, &metricsDays)
  }

  private enum Setting: Decodable {
    case text(String)
    case number(Int)

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let number = try? container.decode(Int.self) {
        self = .number(number)
      } else {
        self = .text(try container.decode(String.self))
      }
    }

    func text(_ name: String) throws(PluginError) -> String {
      guard case .text(let text) = self, !text.isEmpty else {
        throw PluginError(.invalid, "metadata.options.\(name) is no text")
      }
      return text
    }

    func number(
      _ name: String, _ range: ClosedRange<Int>, _ place: inout Int
    ) throws(PluginError) {
      guard case .number(let number) = self, range.contains(number) else {
        throw PluginError(
          .invalid,
          "metadata.options.\(name) is no whole number in \(range.lowerBound)…\(range.upperBound)")
      }
      place = number
    }
  }
}
