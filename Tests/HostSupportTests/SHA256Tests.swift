import CHostSupport
import FoundationEssentials
import HostSupport
import Testing

// Serialized: the way of computing is chosen for the whole process.
@Suite(.serialized) struct SHA256Tests {
  /// The ways that this machine has.
  static let ways = [HS_SHA256_PORTABLE, HS_SHA256_BMI2, HS_SHA256_SHANI].filter { way in
    let before = hs_sha256_way()
    defer { _ = hs_sha256_choose(before) }
    return hs_sha256_choose(way) == 0
  }

  /// FIPS 180-4 examples and NIST's byte vectors.
  static let vectors: [(String, String)] = [
    ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
    (
      "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn"
        + "hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
      "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"
    ),
    (
      String(repeating: "a", count: 1_000_000),
      "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
    ),
  ]

  @Test("The standard's vectors come out in every way that the machine has", arguments: ways)
  func fips(way: Int32) {
    let before = hs_sha256_way()
    defer { _ = hs_sha256_choose(before) }
    #expect(hs_sha256_choose(way) == 0)
    for (text, digest) in SHA256Tests.vectors {
      #expect(SHA256Digest.of(Array(text.utf8)).description == digest)
    }
  }

  @Test("Pieces of any length give the hash of the whole", arguments: ways)
  func pieces(way: Int32) {
    let before = hs_sha256_way()
    defer { _ = hs_sha256_choose(before) }
    #expect(hs_sha256_choose(way) == 0)
    let bytes = SHA256Tests.bytes(1_000)
    for step in [1, 3, 55, 56, 63, 64, 65, 127, 128, 129, 999] {
      var hash = SHA256()
      for start in stride(from: 0, to: bytes.count, by: step) {
        hash.add(Array(bytes[start..<min(start + step, bytes.count)]))
      }
      #expect(hash.digest() == SHA256Digest.of(bytes), "pieces of \(step)")
    }
  }

  @Test("Hashing side by side gives what hashing one by one gives", arguments: 0...8)
  func sideBySide(count: Int) {
    let lengths = [0, 1, 55, 56, 64, 119, 5_000, 16_384].prefix(count)
    let buffers = lengths.map { SHA256Tests.bytes($0) }
    let copies = unsafe buffers.map { bytes in
      let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
      unsafe copy.copyBytes(from: bytes)
      return UnsafeRawBufferPointer(copy)
    }
    defer { unsafe copies.forEach { unsafe $0.deallocate() } }
    #expect(unsafe SHA256Digest.ofEach(copies) == buffers.map { SHA256Digest.of($0) })
  }

  @Test("A digest reads back from its digits and from JSON")
  func text() throws {
    let digest = SHA256Digest.of(Array("abc".utf8))
    #expect(SHA256Digest(digest.description) == digest)
    #expect(SHA256Digest(digest.description.uppercased()) == digest)
    #expect(SHA256Digest(bytes: digest.bytes) == digest)
    #expect(digest.short == "ba7816bf8f01")
    let data = try JSONEncoder().encode([digest])
    #expect(try JSONDecoder().decode([SHA256Digest].self, from: data) == [digest])
  }

  @Test(
    "Text that is no digest is refused",
    arguments: ["", "abc", String(repeating: "g", count: 64), String(repeating: "0", count: 66)])
  func notADigest(text: String) {
    #expect(SHA256Digest(text) == nil)
    #expect(throws: DecodingError.self) {
      try JSONDecoder().decode([SHA256Digest].self, from: Data("[\"\(text)\"]".utf8))
    }
  }

  private static func bytes(_ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 3) }
  }
}
