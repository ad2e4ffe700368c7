import HostSupport
import MetadataStore

/// What a host remembers of its providers from one run to the next: the file `store-provider` in the state directory.
///
/// ```
/// {"format": 1,
///  "current": {"provider": "sqlite", "options": {}},
///  "left": [{"provider": "file", "path": "/…/store", "options": {}, "records": 12, "checksum": "9f…"}],
///  "copying": {"provider": "sqlite", "options": {}}}
/// ```
struct ProviderMark: Sendable, Equatable {
  /// A provider, and where it keeps its records.
  struct Place: Sendable, Equatable {
    /// The provider's name.
    var provider: String
    /// The folder of the `file` provider.
    var path: String?
    /// `metadata.options` of the run.
    var options: JSON = .object([:])

    /// Whether both are the same store, as far as the kernel can know.
    func isSame(as other: Place) -> Bool { provider == other.provider && path == other.path }
  }

  /// A provider that a switch left, and what it held then.
  struct Left: Sendable, Equatable {
    var place: Place
    var digest: RecordDigest
  }

  /// Who is in charge.
  var current: Place
  /// Whose records may be replaced, as long as they are what they were.
  var left: [Left] = []
  /// Who holds a part of a copy that did not end.
  var copying: Place?

  private static let file = "store-provider"
  private static let format: Int64 = 1

  init(current: Place) { self.current = current }

  /// Reads the mark of a state directory.
  ///
  /// - Returns: `nil` when no host has left one.
  /// - Throws: `.storage` that names the file and what to do.
  static func read(in state: StateDirectory) throws(MetadataError) -> ProviderMark? {
    let path = state.path(of: file)
    let bytes: [UInt8]?
    do throws(SystemError) {
      bytes = try AtomicFile.read(file, in: state.root)
    } catch {
      throw .storage("cannot read \(path): \(error)")
    }
    guard let bytes else { return nil }
    guard let json = try? JSON(parsing: bytes), let mark = ProviderMark(json) else {
      throw .storage(
        "\(path) does not say which provider has the records; write {\"format\": 1, \"current\": "
          + "{\"provider\": NAME}} with the provider's name to it")
    }
    return mark
  }

  /// Replaces the mark, on the disk.
  ///
  /// - Throws: `.storage`.
  func write(in state: StateDirectory) throws(MetadataError) {
    do throws(SystemError) {
      try AtomicFile.write(Array(json.text().utf8), to: Self.file, in: state.root)
    } catch {
      throw .storage("cannot write \(state.path(of: Self.file)): \(error)")
    }
  }

  private init?(_ json: JSON) {
    guard json["format"]?.int == Self.format, let current = Place(json["current"]) else {
      return nil
    }
    self.current = current
    copying = Place(json["copying"])
    left = (json["left"]?.array ?? []).compactMap { entry in
      guard let place = Place(entry), let count = entry["records"]?.int,
        let sum = entry["checksum"]?.string.flatMap({ UInt64($0, radix: 16) })
      else { return nil }
      return Left(place: place, digest: RecordDigest(count: Int(count), sum: sum))
    }
  }

  private var json: JSON {
    var members: [String: JSON] = [
      "format": .int(Self.format), "current": .object(current.members),
    ]
    if let copying { members["copying"] = .object(copying.members) }
    if !left.isEmpty {
      members["left"] = .array(
        left.map { left in
          var members = left.place.members
          members["records"] = .int(Int64(left.digest.count))
          members["checksum"] = .string(String(left.digest.sum, radix: 16))
          return .object(members)
        })
    }
    return .object(members)
  }
}

extension ProviderMark.Place {
  fileprivate init?(_ json: JSON?) {
    guard let json, let provider = json["provider"]?.string else { return nil }
    self.init(
      provider: provider, path: json["path"]?.string, options: json["options"] ?? .object([:]))
  }

  fileprivate var members: [String: JSON] {
    var members: [String: JSON] = ["provider": .string(provider), "options": options]
    if let path { members["path"] = .string(path) }
    return members
  }
}
