import CHostSupport
import FoundationEssentials
import Glibc
import HostSupport

/// Finds the functions of a trace in the files that it names. Reads files only; a plugin's code is not touched.
struct CrashSymbols {
  /// The path of the host's state directory, in which is elsewhere now what a host before staged. Not the directory itself: what
  /// stays mapped leads here, and the directory is to be free for the next host.
  let state: String

  private static let largest = 256 << 20

  /// The places of a trace.
  func frames(of trace: CrashTrace) -> [CrashReport.Frame] {
    var frames = trace.frames.map { CrashReport.Frame(address: $0.address) }
    for (number, image) in trace.images.enumerated() {
      let members = frames.indices.filter { trace.frames[$0].image == number }
      let offsets = members.map { trace.frames[$0].address &- image.base }
      for (member, offset) in zip(members, offsets) {
        frames[member].image = image.path
        frames[member].offset = CrashReport.Frame.hexadecimal(offset)
      }
      // What a call returns to is behind it, maybe in the next function.
      let places = zip(members, offsets).map { $0 == 0 ? $1 : $1 &- 1 }
      guard let found = try? Self.functions(in: present(image.path), at: places) else { continue }
      for (index, member) in members.enumerated() {
        guard let function = found[index] else { continue }
        frames[member].symbol = Self.demangled(function.name)
        frames[member].symbolOffset = Int(truncatingIfNeeded: offsets[index] &- function.start)
      }
    }
    return frames
  }

  /// Where a file is now: a host that starts moves what was staged before it.
  private func present(_ path: String) -> String {
    let staging = "\(state)/staging/"
    guard path.hasPrefix(staging), !FileStatus.exists(path),
      let names = try? FileManager.default.contentsOfDirectory(atPath: state)
    else { return path }
    let rest = path.dropFirst(staging.count)
    return names.filter { $0.hasPrefix("stale-") }.map { "\(state)/\($0)/\(rest)" }
      .first { FileStatus.exists($0) } ?? path
  }

  private typealias Function = (name: String, start: UInt64)

  /// The functions at some places of an ELF file; `nil` for those that it does not name.
  private static func functions(
    in path: String, at places: [UInt64]
  ) throws(SystemError) -> [Function?] {
    let file = try FileDescriptor.open(path, O_RDONLY | O_NONBLOCK)
    var found = places.map { hs_symbol(offset: $0, start: 0, name: 0, reserved: 0) }
    guard try file.status().isRegular, let names = try search(file, &found) else {
      return places.map { _ in nil }
    }
    return try found.map { (symbol) throws(SystemError) -> Function? in
      guard symbol.name > 0, UInt64(symbol.name) < names.size else { return nil }
      let length = min(4_096, Int(names.size) - Int(symbol.name))
      let bytes = try file.read(length, at: Int(names.offset) + Int(symbol.name)).prefix { $0 != 0 }
      return (String(decoding: bytes, as: UTF8.self), symbol.start)
    }
  }

  /// Looks through the fullest symbol table that the file has.
  ///
  /// - Returns: Where its names are; `nil` when the file has no such table.
  private static func search(
    _ file: borrowing FileDescriptor, _ places: inout [hs_symbol]
  ) throws(SystemError) -> (offset: UInt64, size: UInt64)? {
    let header = try file.read(64, at: 0)
    guard header.count == 64, header.starts(with: [0x7f, 0x45, 0x4c, 0x46, 2, 1]),
      number(header, 0x3a, 2) == 64
    else { return nil }
    let count = Int(number(header, 0x3c, 2))
    let table = try file.read(count * 64, at: Int(number(header, 0x28, 8) & (1 << 40 - 1)))
    guard table.count == count * 64 else { return nil }
    func section(ofType type: UInt64) -> Int? {
      (0..<count).first { number(table, $0 * 64 + 4, 4) == type }
    }
    guard let symbols = section(ofType: 2) ?? section(ofType: 11) else { return nil }
    let link = Int(number(table, symbols * 64 + 0x28, 4))
    let (offset, size) = extent(table, symbols)
    guard link < count, size <= UInt64(largest), offset < 1 << 40 else { return nil }
    let bytes = try file.read(Int(size), at: Int(offset))
    unsafe bytes.withUnsafeBytes { bytes in
      unsafe hs_symbols_find(bytes.baseAddress, bytes.count, &places, places.count)
    }
    let names = extent(table, link)
    return names.size <= UInt64(largest) && names.offset < 1 << 40 ? names : nil
  }

  private static func extent(_ table: [UInt8], _ section: Int) -> (offset: UInt64, size: UInt64) {
    (number(table, section * 64 + 0x18, 8), number(table, section * 64 + 0x20, 8))
  }

  private static func number(_ bytes: [UInt8], _ at: Int, _ count: Int) -> UInt64 {
    bytes[at..<at + count].reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  /// A mangled name in words; any other as it is.
  static func demangled(_ name: String) -> String {
    guard name.hasPrefix("$") || name.hasPrefix("_Z"), let words = unsafe hs_demangle(name) else {
      return name
    }
    defer { unsafe free(words) }
    return unsafe String(cString: words)
  }

  /// The name of a type of C++.
  static func demangled(type name: String) -> String {
    let words = demangled("_ZTS\(name.hasPrefix("*") ? String(name.dropFirst()) : name)")
    return words.hasPrefix("typeinfo name for ") ? String(words.dropFirst(18)) : name
  }
}
