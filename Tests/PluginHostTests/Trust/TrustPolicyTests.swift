import Glibc
import HostSupport
import TestSupport
import Testing

@testable import PluginHost

@Suite("What speaks for a build")
struct TrustPolicyTests {
  private let kit = SigningKit()

  private func statement(_ bytes: [UInt8] = [1], library: [UInt8]? = nil) -> TrustStatement {
    TrustStatement(
      plugin: .init(path: "a.so", hash: SHA256Digest.of(bytes)),
      others: library.map { [.init(path: "lib/libh.so", hash: SHA256Digest.of($0))] } ?? [])
  }

  private func policy(
    keys: [String] = [], hashes: String? = nil, required: Bool = false
  ) throws(TrustRefusal) -> TrustPolicy {
    var settings = TrustSettings()
    settings.keys = keys
    settings.hashes = hashes
    settings.requireSignatures = required
    return try TrustPolicy(settings)
  }

  private func judge(
    _ policy: TrustPolicy, _ statement: TrustStatement, _ signature: [UInt8]?
  ) -> Result<TrustState, TrustRefusal> {
    Result { () throws(TrustRefusal) in
      try policy.judge(statement, signature: signature, path: "/p/a.so")
    }
  }

  @Test("A signature by one of the keys is good, and the key is named")
  func signed() throws {
    let policy = try policy(keys: [kit.key("old"), kit.key("release")])
    let statement = statement(library: [2])
    let signature = try kit.signature(of: statement.text, by: "release")
    #expect(judge(policy, statement, signature) == .success(.signed(by: "release")))
    #expect(judge(policy, statement, nil) == .success(.unverified))
  }

  @Test("A signature that fits nothing is refused, also where none is required")
  func wrongSignatures() throws {
    let policy = try policy(keys: [kit.key("release")])
    _ = try kit.key("other")
    let whole = statement(library: [2])
    let signature = try kit.signature(of: whole.text, by: "release")
    let unfit = TrustRefusal(
      "the signature /p/a.so.sig is not of a.so, lib/libh.so by release",
      fix: "install the files that were signed, or sign these; see 'dovetail help trust'")
    // Another library, another plugin, a library less, another key, a bit turned.
    #expect(judge(policy, statement(library: [3]), signature) == .failure(unfit))
    #expect(judge(policy, statement([9], library: [2]), signature) == .failure(unfit))
    #expect(throws: TrustRefusal.self) { try judge(policy, statement(), signature).get() }
    let other = try kit.signature(of: whole.text, by: "other")
    #expect(judge(policy, whole, other) == .failure(unfit))
    var turned = signature
    turned[10] ^= 4
    #expect(judge(policy, whole, turned) == .failure(unfit))
    #expect(
      judge(policy, whole, Array(signature.dropLast()))
        == .failure(
          TrustRefusal(
            "/p/a.so.sig has 63 bytes, and an Ed25519 signature has 64",
            fix: "sign the plugin again; see 'dovetail help trust'")))
  }

  @Test("Where signatures are required, a listed plugin is refused")
  func required() throws {
    let list = kit.directory.file("list")
    try Fixtures.write(Array("\(SHA256Digest.of([1]))  a.so\n".utf8), to: list)
    let key = try kit.key("release")
    let required = try policy(keys: [key], hashes: list, required: true)
    #expect(
      judge(required, statement(), nil)
        == .failure(
          TrustRefusal(
            "/p/a.so is not signed, and signatures are required",
            fix: "put the signature in /p/a.so.sig; see 'dovetail help trust'")))
    let either = try policy(keys: [key], hashes: list)
    #expect(judge(either, statement(), nil) == .success(.listed))
    let signature = try kit.signature(of: statement([7]).text, by: "release")
    #expect(judge(either, statement([7]), signature) == .success(.signed(by: "release")))
  }

  @Test("All files of a plugin must be listed")
  func listed() throws {
    let list = kit.directory.file("list")
    try Fixtures.write(Array("\(SHA256Digest.of([1]))  a.so\n".utf8), to: list)
    let policy = try policy(hashes: list)
    #expect(judge(policy, statement(), nil) == .success(.listed))
    #expect(
      judge(policy, statement(library: [2]), nil)
        == .failure(
          TrustRefusal(
            "lib/libh.so of /p/a.so is not listed in \(list)",
            fix: "when it is what it should be, add the line: "
              + "\(SHA256Digest.of([2]))  lib/libh.so")))
  }

  @Test("A key must be an Ed25519 public key that only trusted users can change")
  func keys() throws {
    let key = try kit.key("release")
    let rsa = try kit.key("long", algorithm: "rsa")
    for path in [rsa, kit.secret("release")] {
      let refusal = #expect(throws: TrustRefusal.self) { try policy(keys: [path]) }
      #expect(
        refusal
          == TrustRefusal(
            "\(path) is no Ed25519 public key in PEM",
            fix: "write it with 'openssl pkey -in PRIVATE -pubout -out \(path)'"))
    }
    let missing = #expect(throws: TrustRefusal.self) { try policy(keys: ["/nowhere.pem"]) }
    #expect(missing?.reason == "/nowhere.pem cannot be read: No such file or directory")
    unsafe chmod(key, 0o666)
    let open = #expect(throws: TrustRefusal.self) { try policy(keys: [key]) }
    #expect(open?.reason == "everybody can write to \(key)")
  }

  @Test("Signatures that are required need a key, and keys need OpenSSL")
  func lacking() throws {
    let without = #expect(throws: TrustRefusal.self) { try policy(required: true) }
    #expect(
      without
        == TrustRefusal(
          "signatures are required, and there is no key to check them with",
          fix: "name the files of public keys in trust.keys"))
    let library = #expect(throws: TrustRefusal.self) {
      try SystemCryptography(library: "libnowhere.so.3")
    }
    #expect(
      library
        == TrustRefusal(
          "signatures cannot be checked: libnowhere.so.3 is not there",
          fix: "install OpenSSL 3 (Debian: libssl3, Fedora: openssl-libs), or remove trust.keys"))
  }
}
