import CHostSupport
import HostSupport
import Testing

@testable import EventBus

@Suite(.serialized) struct ServiceTests {
  let registry = ServiceRegistry()
  let fixture = Fixture()
  let old = Owner(name: "provider", generation: 1)
  let new = Owner(name: "provider", generation: 2)

  /// What a provider's context points at, and what a call brings and takes away.
  final class Provider: Sendable {
    let log = Log<Int>()
    let entered = Flag()
    let release = Flag()
    let blocks: Bool

    init(blocks: Bool = false) { self.blocks = blocks }

    var context: UnsafeMutableRawPointer { unsafe Unmanaged.passUnretained(self).toOpaque() }
  }

  /// Calls a service as the bridge does: the context is that of the generation that answers.
  private func call(_ name: String, _ number: Int, patience: UInt64 = 20_000_000_000)
    throws(BusError)
    -> CallResult
  {
    try registry.withService(name) { _, callable, _ in
      var number = number
      return unsafe withUnsafeMutablePointer(to: &number) { number in
        unsafe callable.call(patience: patience, number) { number in
          guard let number = unsafe number?.load(as: Int.self),
            let context = unsafe hs_entry_user(hs_present_entry())
          else { return 99 }
          let provider = unsafe Unmanaged<Provider>.fromOpaque(context).takeUnretainedValue()
          provider.log.append(number)
          provider.entered.raise()
          if provider.blocks { provider.release.wait() }
          return Int32(number % 2)
        }
      }
    }
  }

  private func offer(_ owner: Owner, _ provider: Provider, shadow: Bool = false) throws -> Service {
    let service = unsafe Service(name: "s", owner: owner, context: provider.context)
    try registry.provide(service, shadow: shadow)
    return service
  }

  @Test("a call answers with the provider's code") func calls() throws {
    let provider = Provider()
    let service = try offer(old, provider)
    #expect(try call("s", 2) == CallResult(code: 0, fault: 0))
    #expect(try call("s", 3) == CallResult(code: 1, fault: 0))
    #expect(provider.log.all == [2, 3])
    #expect(registry.all.map(\.name) == ["s"])
    #expect(try registry.withdraw(service, until: .after(milliseconds: 1000)) == .ended)
    #expect(throws: BusError.noSuchService("s")) { try call("s", 4) }
    #expect(throws: BusError.gone) { try registry.withdraw(service, until: .never) }
  }

  @Test("a name is offered once") func taken() throws {
    let provider = Provider()
    _ = try offer(old, provider)
    let error = #expect(throws: BusError.self) {
      try offer(Owner(name: "other", generation: 1), provider)
    }
    #expect(
      error?.description
        == "service 's' is offered by provider (generation 1) already; unload it or choose another name"
    )
    #expect(throws: BusError.self) {
      try offer(Owner(name: "other", generation: 1), provider, shadow: true)
    }
    _ = try offer(new, provider, shadow: true)
    #expect(throws: BusError.nameTaken("s")) { try offer(new, provider, shadow: true) }
  }

  @Test("withdrawing waits for a call in progress") func withdraw() throws {
    let provider = Provider(blocks: true)
    let service = try offer(old, provider)
    let (this, result) = (self, Log<CallResult?>())
    let caller = try Thread(name: "caller") { result.append(try? this.call("s", 1)) }
    #expect(provider.entered.wait())
    #expect(try registry.withdraw(service, until: .after(milliseconds: 5)) == .pending)
    provider.release.raise()
    caller.join()
    #expect(result.all == [CallResult(code: 1, fault: 0)])
  }

  @Test("revoking an owner ends its services and says what still runs") func revoke() throws {
    let provider = Provider(blocks: true)
    _ = try offer(old, provider)
    let this = self
    let caller = try Thread(name: "caller") { _ = try? this.call("s", 1) }
    #expect(provider.entered.wait())
    #expect(registry.revoke(old, until: .after(milliseconds: 5)) == 1)
    #expect(registry.all.isEmpty)
    provider.release.raise()
    caller.join()
  }

  @Test("callers wait at the gate and are answered by the successor") func handover() throws {
    let before = Provider()
    let after = Provider()
    _ = try offer(old, before)
    _ = try offer(new, after, shadow: true)
    fixture.bus.closeGates(of: [old], callables: registry.callables(of: old))
    #expect(try call("s", 1, patience: 1_000_000).failure == .gateClosed)
    let (this, result) = (self, Log<CallResult?>())
    let callers = try (0..<4).map { number in
      try Thread(name: "caller") { result.append(try? this.call("s", number * 2)) }
    }
    #expect(fixture.bus.drain(old, until: .after(milliseconds: 5000)) == 0)
    #expect(before.log.count == 0)
    registry.handOver(from: old, to: new)
    _ = fixture.bus.handOver(from: old, to: new, recorder: nil, replaying: nil)
    for caller in callers { caller.join() }
    #expect(result.all == Array(repeating: CallResult(code: 0, fault: 0), count: 4))
    #expect(after.log.all.sorted() == [0, 2, 4, 6])
    #expect(before.log.count == 0)
  }

  @Test("a rollback brings the former provider back") func rollback() throws {
    let before = Provider()
    let after = Provider()
    _ = try offer(old, before)
    _ = try offer(new, after, shadow: true)
    registry.handOver(from: old, to: new)
    _ = try call("s", 1)
    registry.handOver(from: new, to: old)
    _ = try call("s", 2)
    #expect(after.log.all == [1])
    #expect(before.log.all == [2])
    registry.forget(new)
    #expect(registry.all.map(\.owner) == [old])
  }

  @Test("calls under load are answered through hundreds of handovers") func stress() throws {
    let providers = (0..<2).map { _ in Provider() }
    let owners = [old, new]
    _ = try offer(old, providers[0])
    _ = try offer(new, providers[1], shadow: true)
    let stop = Flag()
    let (this, wrong, made) = (self, Count(), Count())
    let callers = try (0..<2).map { _ in
      try Thread(name: "caller") {
        while !stop.isRaised {
          made.add()
          if (try? this.call("s", 2)) != CallResult(code: 0, fault: 0) { wrong.add() }
        }
      }
    }
    for round in 0..<300 {
      let (from, to) = (owners[round % 2], owners[1 - round % 2])
      fixture.bus.closeGates(of: [from], callables: registry.callables(of: from))
      #expect(fixture.bus.drain(from, until: .after(milliseconds: 20_000)) == 0)
      registry.handOver(from: from, to: to)
      _ = fixture.bus.handOver(from: from, to: to, recorder: nil, replaying: nil)
      fixture.bus.tick()
    }
    stop.raise()
    for caller in callers { caller.join() }
    #expect(wrong.value == 0)
    #expect(providers.map(\.log.count).reduce(0, +) == made.value)
  }
}
