import CDovetail
import EventBus
import Testing

@testable import PluginHost

/// How a plugin's wishes are read, whatever revision of the header it was built against.
@Suite struct SubscriptionReadingTests {
  private func given(_ change: (inout dvt_subscription) -> Void) -> dvt_subscription {
    var options = unsafe dvt_subscription()
    unsafe options.struct_size = UInt32(MemoryLayout<dvt_subscription>.size)
    unsafe change(&options)
    return unsafe options
  }

  private func read(_ options: dvt_subscription) throws -> SubscriptionOptions {
    var options = unsafe options
    let own = unsafe try SubscriptionReading.read(&options)
    return unsafe try SubscriptionReading.options(own, TopicPattern("t"))
  }

  @Test func `Of an older revision only its own fields are read`() throws {
    let options = unsafe given { options in
      unsafe options.struct_size = 64
      unsafe options.priority = 7
      unsafe options.timeout_ms = 5
      unsafe options.retry_attempts = 3
      unsafe options.lanes = 9
    }
    let own = unsafe try read(options)
    #expect(own.priority == 7)
    #expect(own.timeout == nil)
    #expect(own.retry == RetryPolicy())
  }

  @Test func `Keys, lanes and coalescing are read`() throws {
    let plain = unsafe try read(given { _ in })
    #expect(plain.key == .partitionKey)
    #expect(plain.lanes == 1)
    let own = unsafe try read(
      given { options in
        unsafe options.delivery = DVT_DELIVERY_ASYNC
        unsafe options.overflow = DVT_OVERFLOW_COALESCE
        unsafe options.lanes = 64
      })
    #expect(own.lanes == 64)
    #expect(own.delivery == .async(capacity: 1024, overflow: .coalesce))
    let keyed = unsafe withText("data:/id") { field in
      unsafe try? read(given { unsafe $0.key = field })
    }
    #expect(keyed?.key.description == "data:/id")
  }

  private func expectInvalid(_ reason: String, _ change: (inout dvt_subscription) -> Void) {
    let error = #expect(throws: BusError.self) { unsafe try read(given(change)) }
    #expect(error?.description.contains(reason) == true, "\(error?.description ?? "")")
  }

  @Test func `Numbers out of range are refused by name`() {
    unsafe expectInvalid("timeout_ms is 600001") { unsafe $0.timeout_ms = 600_001 }
    unsafe expectInvalid("retry_attempts is 101") { unsafe $0.retry_attempts = 101 }
    unsafe expectInvalid("retry_multiplier is 0.5") { unsafe $0.retry_multiplier = 0.5 }
    unsafe expectInvalid("retry_jitter_percent is 101") { unsafe $0.retry_jitter_percent = 101 }
    unsafe expectInvalid("lanes is 65, expected 0…64") { unsafe $0.lanes = 65 }
    unsafe expectInvalid("needs DVT_DELIVERY_ASYNC") { unsafe $0.lanes = 2 }
    unsafe expectInvalid("filter_count is 33") { unsafe $0.filter_count = 33 }
    unsafe expectInvalid("filters is NULL") { unsafe $0.filter_count = 1 }
    unsafe expectInvalid("flags is 8") { unsafe $0.flags = 8 }
    unsafe expectInvalid("needs DVT_DELIVERY_ASYNC") {
      unsafe $0.flags = DVT_SUBSCRIPTION_STRICT_ORDER
    }
  }
}
