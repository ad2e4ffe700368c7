public import CHostSupport

/// One party on the bus: a generation of a plugin, or the host itself.
///
/// What it registered is revoked by naming it. Its record is freed by epoch, after the last reference is gone.
/// Threading: every method may be called from any thread.
@safe public final class Owner: @unchecked Sendable, Hashable, CustomStringConvertible {
  // Safe: the record lives until `deinit`, and from there to the end of the epoch; its fields are atomics.
  /// The record that calls in progress point at.
  public let record: UnsafeMutablePointer<hs_owner>
  /// The plugin's id, or `host`.
  public let name: String
  /// 1 for the plugin's first build in this run of the host, then one more each reload.
  public let generation: UInt32

  /// Makes a party.
  ///
  /// - Parameters:
  ///   - name: The plugin's id.
  ///   - generation: 1….
  ///   - build: Index in the journal's table of builds, for attribution.
  /// - Precondition: There is memory for the record.
  public init(name: String, generation: UInt32, build: UInt32 = .max) {
    guard let record = unsafe hs_owner_create(build, nil) else {
      preconditionFailure("no memory for the owner \(name)")
    }
    unsafe self.record = unsafe record
    self.name = name
    self.generation = generation
  }

  // What it registered refers to it, so nothing of it is left but calls that are just ending.
  deinit { unsafe Reclaimer.shared.free(UnsafeMutableRawPointer(record)) }

  /// The party as text: `analytics (generation 2)`.
  public var description: String { "\(name) (generation \(generation))" }

  /// Whether two values are the same party.
  public static func == (left: Owner, right: Owner) -> Bool { left === right }

  /// Hashes the identity.
  public func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }

  /// Number of the reload that holds its gate closed; 0 when the gate is open.
  var group: UInt32 { unsafe hs_owner_group(record) }

  /// Lets calls into this party wait at its gate, or lets them in again.
  ///
  /// - Parameters:
  ///   - closed: Whether they wait.
  ///   - group: Number of the reload, not 0: threads inside a party of the same group pass.
  func setGate(closed: Bool, group: UInt32) {
    unsafe hs_owner_set_gate(record, closed ? 1 : 0, group)
  }
}
