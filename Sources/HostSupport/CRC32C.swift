import CHostSupport

/// The checksum of binary files: CRC-32C (Castagnoli), by the CPU where it can.
public enum CRC32C {
  /// The checksum of bytes.
  public static func of(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    unsafe bytes.withUnsafeBufferPointer { buffer in
      guard let start = buffer.baseAddress else { return 0 }
      return unsafe hs_crc32c(start, buffer.count)
    }
  }
}
