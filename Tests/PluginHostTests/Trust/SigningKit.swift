import FoundationEssentials
import HostSupport
import TestSupport
import Testing

@testable import PluginHost

/// Keys and signatures by the openssl program, in a folder of its own.
struct SigningKit {
  let directory = TemporaryDirectory()

  /// Makes a pair of keys.
  ///
  /// - Returns: The path of the public one.
  /// - Throws: When openssl fails.
  func key(_ name: String, algorithm: String = "ed25519") throws -> String {
    let secret = secret(name)
    try openssl("genpkey", "-algorithm", algorithm, "-out", secret)
    try openssl("pkey", "-in", secret, "-pubout", "-out", directory.file("\(name).pem"))
    return directory.file("\(name).pem")
  }

  /// Where a private key lies.
  func secret(_ name: String) -> String { directory.file("\(name).private") }

  /// The signature of a text.
  func signature(of text: String, by key: String) throws -> [UInt8] {
    try Fixtures.write(Array(text.utf8), to: directory.file("text"))
    let signature = directory.file("signature")
    try openssl(
      "pkeyutl", "-sign", "-inkey", secret(key), "-rawin", "-in", directory.file("text"), "-out",
      signature)
    return try Fixtures.read(signature)
  }

  /// Signs a plugin's files as `sha256sum` prints them, and puts the signature beside it.
  ///
  /// - Parameters:
  ///   - files: Their names in the folder, the plugin's first.
  ///   - folder: Where they lie.
  ///   - key: The key's name.
  /// - Throws: When a program fails.
  func sign(_ files: [String], in folder: String, by key: String) throws {
    let names = files.joined(separator: " ")
    let sums = Program.run(["/bin/sh", "-c", "cd '\(folder)' && sha256sum \(names)"])
    try #require(sums.status == 0, "\(sums.output)")
    try Fixtures.write(
      try signature(of: sums.output, by: key), to: "\(folder)/\(files[0]).sig")
  }

  private func openssl(_ words: String...) throws {
    let outcome = Program.run(["/usr/bin/openssl"] + words)
    try #require(outcome.status == 0, "\(outcome.output)")
  }
}
