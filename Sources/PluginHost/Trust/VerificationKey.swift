import HostSupport

/// A public key that plugins may be signed with.
struct VerificationKey: Sendable {
  /// The largest file of a key that is read: 16 KiB.
  static let largest = 16 << 10
  /// Bytes of an Ed25519 signature.
  static let signatureSize = 64

  /// The name of its file without an ending, for reports.
  let name: String
  private let pem: [UInt8]
  private let cryptography: SystemCryptography

  /// Reads a key.
  ///
  /// - Throws: `TrustRefusal`: it cannot be read, others can write to it, it is no Ed25519 key in PEM.
  init(
    _ path: String, _ ownership: FileOwnership, _ cryptography: SystemCryptography
  ) throws(TrustRefusal) {
    pem = try TrustFile.read(path, largest: Self.largest, ownership)
    guard cryptography.isEd25519(pem) else {
      throw TrustRefusal(
        "\(path) is no Ed25519 public key in PEM",
        fix: "write it with 'openssl pkey -in PRIVATE -pubout -out \(path)'")
    }
    let file = path.split(separator: "/").last.map(String.init) ?? path
    name = file.lastIndex(of: ".").map { String(file[..<$0]) } ?? file
    self.cryptography = cryptography
  }

  /// Whether the key's owner signed a text.
  func verifies(_ signature: [UInt8], of text: String) -> Bool {
    signature.count == Self.signatureSize
      && cryptography.verify(signature, of: Array(text.utf8), key: pem)
  }
}
