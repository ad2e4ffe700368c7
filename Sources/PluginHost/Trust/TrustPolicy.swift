import Glibc
import HostSupport

/// What a host asks of the files that it maps, with everything read that it rests on.
///
/// Threading: any thread.
public struct TrustPolicy: Sendable {
  /// What was configured.
  public let settings: TrustSettings
  let ownership: FileOwnership
  private let hashes: HashList?
  private let keys: [VerificationKey]

  /// Reads the list and the keys.
  ///
  /// - Throws: `TrustRefusal`: one of them is not there, is damaged, or others can write to it; libcrypto is not there; signatures are
  ///   required and there is no key.
  public init(_ settings: TrustSettings) throws(TrustRefusal) {
    self.settings = settings
    let ownership = try FileOwnership(others: settings.owners)
    self.ownership = ownership
    if let path = settings.hashes {
      let text = try TrustFile.read(path, largest: HashList.largest, ownership)
      hashes = try HashList(parsing: text, path: path)
    } else {
      hashes = nil
    }
    guard !settings.keys.isEmpty else {
      keys = []
      guard !settings.requireSignatures else {
        throw TrustRefusal(
          "signatures are required, and there is no key to check them with",
          fix: "name the files of public keys in trust.keys")
      }
      return
    }
    let cryptography = try SystemCryptography()
    var keys: [VerificationKey] = []
    for path in settings.keys { keys.append(try VerificationKey(path, ownership, cryptography)) }
    self.keys = keys
  }

  /// What it rests on, for people: `owners and modes, the list trusted.sums (14), keys release`.
  public var summary: String {
    var parts = ["owners and modes"]
    if let hashes { parts.append("the list \(hashes.path) (\(hashes.count))") }
    if !keys.isEmpty { parts.append("keys \(keys.map(\.name).joined(separator: ", "))") }
    if settings.requireSignatures { parts.append("signatures required") }
    return parts.joined(separator: ", ")
  }

  /// Where the signature of a plugin's file lies: `NAME.so.sig` beside `NAME.so`.
  static func signaturePath(for path: String) -> String { "\(path).sig" }

  /// The signature beside a plugin's file; `nil` when there is none, or nothing would look at it.
  ///
  /// - Throws: `TrustRefusal` when it is there and cannot be read.
  func signature(of path: String) throws(TrustRefusal) -> [UInt8]? {
    let file = Self.signaturePath(for: path)
    guard !keys.isEmpty, FileStatus.exists(file) else { return nil }
    return try TrustFile.read(file, largest: 4_096, nil)
  }

  /// What speaks for a build.
  ///
  /// - Parameters:
  ///   - statement: Its files and their hashes.
  ///   - signature: What lies beside the plugin.
  ///   - path: The plugin's file, for messages.
  /// - Returns: The signature's key, or that all is listed, or that nothing was asked for.
  /// - Throws: Why it may not be mapped.
  func judge(
    _ statement: TrustStatement, signature: [UInt8]?, path: String
  ) throws(TrustRefusal) -> TrustState {
    if let signature { return try judge(signature, statement, path) }
    if settings.requireSignatures {
      throw TrustRefusal(
        "\(path) is not signed, and signatures are required",
        fix: "put the signature in \(Self.signaturePath(for: path)); see 'dovetail help trust'")
    }
    guard let hashes else { return .unverified }
    for line in statement.lines where !hashes.contains(line.hash) {
      throw TrustRefusal(
        "\(line.path) of \(path) is not listed in \(hashes.path)",
        fix: "when it is what it should be, add the line: \(line.hash)  \(line.path)")
    }
    return .listed
  }

  private func judge(
    _ signature: [UInt8], _ statement: TrustStatement, _ path: String
  ) throws(TrustRefusal) -> TrustState {
    let file = Self.signaturePath(for: path)
    guard signature.count == VerificationKey.signatureSize else {
      throw TrustRefusal(
        "\(file) has \(signature.count) bytes, and an Ed25519 signature has 64",
        fix: "sign the plugin again; see 'dovetail help trust'")
    }
    let text = statement.text
    if let key = keys.first(where: { $0.verifies(signature, of: text) }) {
      return .signed(by: key.name)
    }
    let names = keys.map(\.name).joined(separator: ", ")
    let files = statement.lines.map(\.path).joined(separator: ", ")
    throw TrustRefusal(
      "the signature \(file) is not of \(files) by \(names)",
      fix: "install the files that were signed, or sign these; see 'dovetail help trust'")
  }

  /// What speaks for a file, as it lies in its folder now. Nothing is mapped on the strength of it: what is mapped is looked at anew.
  ///
  /// - Parameters:
  ///   - path: The plugin's file.
  ///   - facts: What its headers say.
  ///   - hash: The hash of its bytes where that is known.
  ///   - sidecar: Its manifest when that lies beside it.
  ///   - known: Folders that need no second look.
  /// - Returns: The same as `judge`.
  /// - Throws: Why it may not be mapped.
  func examine(
    _ path: String, _ facts: ImageFacts, hash: SHA256Digest? = nil, sidecar: [UInt8]?,
    known: SafeFolders? = nil
  ) throws(TrustRefusal) -> TrustState {
    try checkOwner(ofFile: path, known)
    if sidecar != nil { try checkOwner(ofFile: Inspection.sidecarPath(for: path), known) }
    guard settings.looksAtContents else { return .unverified }
    let statement = try TrustStatement(ofFile: path, facts: facts, hash: hash, sidecar: sidecar)
    return try judge(statement, signature: try signature(of: path), path: path)
  }

  private func checkOwner(ofFile path: String, _ known: SafeFolders?) throws(TrustRefusal) {
    var status = stat()
    guard unsafe stat(path, &status) == 0 else {
      throw TrustRefusal("\(SystemError("stat", path))", fix: "see that it is there and readable")
    }
    try ownership.check(FileStatus(status), path)
    try ownership.checkWay(to: path, known: known)
  }
}
