import CHostSupport

/// Lays out the bytes of a registry cache.
struct RegistryWriter {
  private let records: [PluginRecord]
  private let hashes: [String: [UInt8]]

  init(_ records: [PluginRecord], _ hashes: [String: [UInt8]]) {
    self.records = records
    self.hashes = hashes
  }

  func bytes() -> [UInt8] {
    let headerSize = MemoryLayout<hs_registry_header>.size
    let recordSize = MemoryLayout<hs_registry_record>.size
    var result = [UInt8](repeating: 0, count: headerSize + records.count * recordSize)
    for (index, record) in records.enumerated() {
      let raw = layOut(record, &result)
      unsafe result.withUnsafeMutableBytes {
        unsafe $0.storeBytes(
          of: raw, toByteOffset: headerSize + index * recordSize, as: hs_registry_record.self)
      }
    }
    writeHeader(&result, headerSize)
    return result
  }

  private func writeHeader(_ bytes: inout [UInt8], _ size: Int) {
    let total = UInt32(clamping: bytes.count)
    let count = UInt32(records.count)
    unsafe bytes.withUnsafeMutableBytes { bytes in
      var header = hs_registry_header()
      header.magic = (0x44, 0x56, 0x54, 0x52, 0x45, 0x47, 0, 0)
      header.version = HS_REGISTRY_VERSION
      header.count = count
      header.size = total
      if let base = bytes.baseAddress {
        header.crc = unsafe hs_crc32c(base + size, bytes.count - size)
      }
      unsafe bytes.storeBytes(of: header, as: hs_registry_header.self)
    }
  }

  private func layOut(_ record: PluginRecord, _ bytes: inout [UInt8]) -> hs_registry_record {
    var raw = hs_registry_record()
    raw.identity = record.identity.raw
    let hash = hashes[record.name] ?? record.contentHash ?? []
    let manifest: [UInt8]
    switch record.content {
    case .fresh(let fresh):
      if let sidecar = fresh.inspection.sidecar { raw.sidecar = sidecar.identity.raw }
      manifest = fresh.inspection.manifestBytes
    case .cached(let image, let number):
      raw.sidecar = image.record(number).sidecar
      manifest = image.manifest(of: number)
    }
    (raw.name_offset, raw.name_length) = append(Array(record.name.utf8), &bytes)
    (raw.facts_offset, raw.facts_length) = append(FactsCoding.encode(record.facts()), &bytes)
    (raw.manifest_offset, raw.manifest_length) = append(manifest, &bytes)
    (raw.hash_offset, raw.hash_length) = append(hash.count == 32 ? hash : [], &bytes)
    return raw
  }

  private func append(_ part: [UInt8], _ bytes: inout [UInt8]) -> (UInt32, UInt32) {
    let offset = UInt32(clamping: bytes.count)
    bytes += part
    return (offset, UInt32(clamping: part.count))
  }
}
