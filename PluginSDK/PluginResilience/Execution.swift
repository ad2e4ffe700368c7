import CDovetail
import PluginSDK

/// What a caller wants of one call otherwise than the operator says.
public struct Execution: Sendable, Equatable {
  /// A service that answers when this one cannot, with the same request; `nil` for the operator's, or none.
  public var fallback: String?
  /// A name of 1…64 letters, digits, `.`, `-` or `_` for a circuit breaker of the plugin's own, which only calls with this name pass;
  /// `nil` for the service's, where the operator gave it one.
  public var breaker: String?
  /// Milliseconds that the service itself may take, 1…600,000; `nil` for what the operator says.
  public var timeLimit: Int?
  /// Whether another service may answer, also one that the operator named.
  public var fallsBack: Bool

  /// Describes what is wanted.
  ///
  /// - Parameters:
  ///   - fallback: A service that answers when this one cannot; needs the permission to call it.
  ///   - breaker: A name for a circuit breaker of the plugin's own.
  ///   - timeLimit: Milliseconds that the service itself may take, 1…600,000.
  ///   - fallsBack: Whether another service may answer.
  public init(
    fallback: String? = nil, breaker: String? = nil, timeLimit: Int? = nil, fallsBack: Bool = true
  ) {
    self.fallback = fallback
    self.breaker = breaker
    self.timeLimit = timeLimit
    self.fallsBack = fallsBack
  }

  func raw(_ service: String, _ arena: Arena) -> dvt_execution {
    unsafe dvt_execution(
      struct_size: UInt32(MemoryLayout<dvt_execution>.size), abi_major: UInt16(DVT_ABI_MAJOR),
      abi_minor: UInt16(DVT_ABI_MINOR), service: arena.text(service),
      fallback: arena.text(fallback ?? ""), breaker: arena.text(breaker ?? ""),
      time_limit_ms: UInt32(clamping: timeLimit ?? 0),
      flags: fallsBack ? 0 : DVT_EXECUTION_NO_FALLBACK)
  }

  static var tooOld: PluginError {
    PluginError(.unsupported, "this host has no circuit breakers: update the host")
  }
}
