import CDovetail

/// State that a former generation of the plugin saved.
public struct SavedState: Sendable {
  /// `state.schema` of the manifest that saved it.
  public let schema: String
  /// `state.version` of the manifest that saved it.
  public let version: UInt64
  /// What `saveState()` returned.
  public let data: [UInt8]

  /// Describes a state, for tests.
  public init(schema: String, version: UInt64, data: [UInt8]) {
    self.schema = schema
    self.version = version
    self.data = data
  }

  init(_ state: dvt_state) {
    unsafe self.init(schema: state.schema.string, version: state.version, data: state.data.array)
  }
}
