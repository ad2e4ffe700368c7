import FoundationEssentials
import HostSupport
import Synchronization

extension FileProvider {
  /// Writes `sessions/NAME.json`.
  public func saveSession(_ session: [UInt8], as name: String) throws(MetadataError) {
    try state.withLock { (state) throws(MetadataError) in
      guard state.root != nil else { throw .storage("the store \(layout.root) is not open") }
      do throws(SystemError) {
        try makeFolder(layout.sessions, &state)
        let body = JSON.object(["$bytes": .string(Data(session).base64EncodedString())])
        try write(
          Envelope.bytes(body, kind: "session"), to: "\(layout.sessions)/\(name).json",
          durability: .disk, &state)
      } catch {
        throw .storage("cannot save the session \(name) in \(layout.root): \(error)")
      }
    }
  }

  /// Reads `sessions/NAME.json`.
  public func loadSession(_ name: String) throws(MetadataError) -> [UInt8]? {
    guard let body = try body("\(layout.sessions)/\(name).json", kind: "session") else {
      return nil
    }
    guard case .bytes(let bytes) = try MetadataValue(json: body) else {
      throw .storage("the session \(name) in \(layout.root) holds no bytes")
    }
    return bytes
  }
}
