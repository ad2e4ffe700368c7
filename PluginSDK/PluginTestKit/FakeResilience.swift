import CDovetail
import PluginSDK
import Synchronization

/// `dovetail.resilience/1`: breakers are open when the test says so, and a time limit has no effect.
enum FakeResilience {
  /// Codes that count as failures.
  private static let failures: Set<Int32> = [
    DVT_FAILED, DVT_CRASHED, DVT_TIMEOUT, DVT_UNAVAILABLE, DVT_FULL, DVT_NOT_FOUND,
  ]

  static func table() -> dvt_resilience {
    unsafe dvt_resilience(
      struct_size: UInt32(MemoryLayout<dvt_resilience>.size), abi_major: UInt16(DVT_ABI_MAJOR),
      abi_minor: UInt16(DVT_ABI_MINOR),
      execute: { unsafe FakeResilience.execute($0, $1, $2, $3, $4, $5) },
      breaker: { host, service, name, out, _ in
        guard let seat = unsafe Seat.of(host), let out = unsafe out else { return DVT_INVALID }
        let key = OpenBreaker(service: unsafe service.string, name: unsafe name.string)
        let (isOpen, rejected) = seat.core.state.withLock {
          ($0.openBreakers.contains(key), $0.rejected[key] ?? 0)
        }
        unsafe out.pointee.state = isOpen ? DVT_BREAKER_OPEN : DVT_BREAKER_CLOSED
        unsafe out.pointee.rejected = rejected
        unsafe out.pointee.probes_in_ms = isOpen ? .max : 0
        return DVT_OK
      })
  }

  private static func execute(
    _ host: UnsafePointer<dvt_host>?, _ execution: UnsafePointer<dvt_execution>?,
    _ request: UnsafePointer<dvt_request>?, _ reply: UnsafePointer<dvt_sink>?,
    _ out: UnsafeMutablePointer<dvt_executed>?, _ error: UnsafePointer<dvt_error_sink>?
  ) -> Int32 {
    guard let seat = unsafe Seat.of(host), let wanted = unsafe execution?.pointee,
      let sent = unsafe request?.pointee, let write = unsafe reply?.pointee.write
    else { return DVT_INVALID }
    let service = unsafe wanted.service.string
    let fallback = unsafe wanted.fallback.string
    let falls = unsafe wanted.flags & DVT_EXECUTION_NO_FALLBACK == 0 && !fallback.isEmpty
    let (data, contentType) = unsafe (sent.data.array, sent.datacontenttype.string)
    unsafe out?.pointee.cause = DVT_OK
    do throws(PluginError) {
      let bytes: [UInt8]
      do throws(PluginError) {
        bytes = try FakeServices.pass(
          seat, service, data, contentType, breaker: unsafe wanted.breaker.string)
      } catch let failure {
        guard falls, failures.contains(failure.code.rawValue) else { throw failure }
        unsafe out?.pointee.cause = failure.code.rawValue
        bytes = try FakeServices.pass(seat, fallback, data, contentType)
      }
      return unsafe bytes.withUnsafeBufferPointer {
        unsafe write(reply?.pointee.context, $0.baseAddress, UInt64($0.count))
      }
    } catch let failure {
      unsafe failure.report(to: error)
      return failure.code.rawValue
    }
  }
}

/// A breaker that a test has opened.
struct OpenBreaker: Hashable {
  let service: String
  /// What its caller calls it; empty for the service's.
  let name: String
}

extension HostCore {
  /// Throws when a breaker is open.
  func checkBreaker(_ service: String, _ name: String) throws(PluginError) {
    let breaker = OpenBreaker(service: service, name: name)
    let isOpen = state.withLock { state in
      guard state.openBreakers.contains(breaker) else { return false }
      state.rejected[breaker, default: 0] += 1
      return true
    }
    guard isOpen else { return }
    throw PluginError(
      .unavailable, "the circuit breaker of \"\(service)\" is open", domain: "dovetail",
      isRetryable: true)
  }
}

// MARK: For tests

extension TestHost {
  /// Opens the circuit breaker of a service: its calls throw `unavailable`, and fallbacks answer.
  ///
  /// - Parameters:
  ///   - service: The service.
  ///   - name: What the plugin calls the breaker, when it named one.
  public func openBreaker(of service: String, named name: String = "") {
    core.state.withLock { state in
      _ = state.openBreakers.insert(OpenBreaker(service: service, name: name))
    }
  }

  /// Closes it again.
  ///
  /// - Parameters:
  ///   - service: The service.
  ///   - name: What the plugin calls the breaker, when it named one.
  public func closeBreaker(of service: String, named name: String = "") {
    core.state.withLock { state in
      _ = state.openBreakers.remove(OpenBreaker(service: service, name: name))
    }
  }
}
