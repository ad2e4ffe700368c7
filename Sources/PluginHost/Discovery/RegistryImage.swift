import CHostSupport
import Glibc
import HostSupport

/// The bytes of a registry cache, checked once and decoded where asked.
///
/// Grammar, in the machine's byte order: a header, records of fixed size sorted by name (both in `hs_dir.h`), then the bytes
/// that they point to: names, facts (`FactsCoding`), manifests as they were in the files, SHA-256 hashes.
final class RegistryImage: Sendable {
  /// The largest cache that is read: 256 MiB.
  static let largestSize = 256 << 20

  private let bytes: [UInt8]

  /// Takes the bytes of a cache; `nil` when they are damaged or of another version.
  init?(_ bytes: [UInt8]) {
    guard unsafe hs_registry_check(bytes, bytes.count) != 0 else { return nil }
    self.bytes = bytes
  }

  /// Finds for each file of a folder the number of its record, or -1.
  func match(_ listing: borrowing FolderListing) -> [Int32] {
    unsafe listing.withListing { listing, count in
      unsafe [Int32](unsafeUninitializedCapacity: count) { numbers, filled in
        filled = count
        guard let base = numbers.baseAddress else { return }
        unsafe hs_registry_match(listing, bytes, base)
      }
    }
  }

  /// How many records there are.
  var count: Int {
    Int(unsafe bytes.withUnsafeBytes { unsafe $0.loadUnaligned(as: hs_registry_header.self).count })
  }

  func record(_ number: Int) -> hs_registry_record {
    let offset =
      MemoryLayout<hs_registry_header>.size + number * MemoryLayout<hs_registry_record>.size
    return unsafe bytes.withUnsafeBytes {
      unsafe $0.loadUnaligned(fromByteOffset: offset, as: hs_registry_record.self)
    }
  }

  func slice(_ offset: UInt32, _ length: UInt32) -> ArraySlice<UInt8> {
    bytes[Int(offset)..<Int(offset) + Int(length)]
  }

  func name(of number: Int) -> String {
    let record = record(number)
    return String(decoding: slice(record.name_offset, record.name_length), as: UTF8.self)
  }

  func manifest(of number: Int) -> [UInt8] {
    let record = record(number)
    return Array(slice(record.manifest_offset, record.manifest_length))
  }

  func facts(of number: Int) -> ImageFacts {
    let record = record(number)
    return FactsCoding.decode(slice(record.facts_offset, record.facts_length))
  }

  /// The SHA-256 of the file; `nil` when nobody hashed it yet.
  func hash(of number: Int) -> [UInt8]? {
    let record = record(number)
    return record.hash_length == 32 ? Array(slice(record.hash_offset, 32)) : nil
  }

  func hasSidecar(_ number: Int) -> Bool { record(number).sidecar.inode != 0 }
}
