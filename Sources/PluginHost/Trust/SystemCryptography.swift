import Glibc

/// Ed25519 signatures by the system's libcrypto, which is loaded when a key is to be used and not before.
///
/// Threading: any thread; every call has objects of its own.
@safe struct SystemCryptography: Sendable {
  /// The library's name: OpenSSL 3.
  static let library = "libcrypto.so.3"

  private typealias Free = @convention(c) (OpaquePointer?) -> Void
  private typealias FreeWithResult = @convention(c) (OpaquePointer?) -> Int32
  private typealias MakeBuffer = @convention(c) (UnsafeRawPointer?, Int32) -> OpaquePointer?
  private typealias ReadKey =
    @convention(c) (
      OpaquePointer?, UnsafeMutableRawPointer?, UnsafeMutableRawPointer?, UnsafeMutableRawPointer?
    ) -> OpaquePointer?
  private typealias IsA = @convention(c) (OpaquePointer?, UnsafePointer<CChar>?) -> Int32
  private typealias MakeContext = @convention(c) () -> OpaquePointer?
  private typealias BeginVerify =
    @convention(c) (
      OpaquePointer?, UnsafeMutableRawPointer?, UnsafeRawPointer?, UnsafeMutableRawPointer?,
      OpaquePointer?
    ) -> Int32
  private typealias Verify =
    @convention(c) (
      OpaquePointer?, UnsafePointer<UInt8>?, Int, UnsafePointer<UInt8>?, Int
    ) -> Int32

  // Safe: functions of a library that is never unloaded, of the types that OpenSSL 3 documents.
  private let makeBuffer: MakeBuffer
  private let freeBuffer: FreeWithResult
  private let readKey: ReadKey
  private let isA: IsA
  private let freeKey: Free
  private let makeContext: MakeContext
  private let freeContext: Free
  private let beginVerify: BeginVerify
  private let verify: Verify

  /// Loads the library. The corresponding C function is `dlopen`.
  ///
  /// - Parameter library: Its name or path.
  /// - Throws: `TrustRefusal` that says what to install.
  init(library: String = Self.library) throws(TrustRefusal) {
    guard let handle = unsafe dlopen(library, RTLD_NOW | RTLD_LOCAL) else {
      throw TrustRefusal(
        "signatures cannot be checked: \(library) is not there",
        fix: "install OpenSSL 3 (Debian: libssl3, Fedora: openssl-libs), or remove trust.keys")
    }
    unsafe makeBuffer = try Self.function("BIO_new_mem_buf", handle)
    unsafe freeBuffer = try Self.function("BIO_free", handle)
    unsafe readKey = try Self.function("PEM_read_bio_PUBKEY", handle)
    unsafe isA = try Self.function("EVP_PKEY_is_a", handle)
    unsafe freeKey = try Self.function("EVP_PKEY_free", handle)
    unsafe makeContext = try Self.function("EVP_MD_CTX_new", handle)
    unsafe freeContext = try Self.function("EVP_MD_CTX_free", handle)
    unsafe beginVerify = try Self.function("EVP_DigestVerifyInit", handle)
    unsafe verify = try Self.function("EVP_DigestVerify", handle)
  }

  private static func function<Function>(
    _ name: String, _ handle: UnsafeMutableRawPointer
  ) throws(TrustRefusal) -> Function {
    guard let address = unsafe dlsym(handle, name) else {
      throw TrustRefusal(
        "signatures cannot be checked: \(library) has no \(name)", fix: "install OpenSSL 3")
    }
    return unsafe unsafeBitCast(address, to: Function.self)
  }

  /// Whether a PEM text has an Ed25519 public key.
  func isEd25519(_ pem: [UInt8]) -> Bool {
    guard let key = unsafe key(pem) else { return false }
    defer { unsafe freeKey(key) }
    return unsafe isA(key, "ED25519") == 1
  }

  /// Whether a signature is of a message and by a key, which is given as PEM. The C function is `EVP_DigestVerify`.
  func verify(_ signature: [UInt8], of message: [UInt8], key pem: [UInt8]) -> Bool {
    guard let key = unsafe key(pem) else { return false }
    defer { unsafe freeKey(key) }
    guard let context = unsafe makeContext() else { return false }
    defer { unsafe freeContext(context) }
    guard unsafe beginVerify(context, nil, nil, nil, key) == 1 else { return false }
    return unsafe verify(context, signature, signature.count, message, message.count) == 1
  }

  private func key(_ pem: [UInt8]) -> OpaquePointer? {
    unsafe pem.withUnsafeBytes { bytes in
      guard let buffer = unsafe makeBuffer(bytes.baseAddress, Int32(clamping: bytes.count)) else {
        return nil
      }
      defer { _ = unsafe freeBuffer(buffer) }
      return unsafe readKey(buffer, nil, nil, nil)
    }
  }
}
