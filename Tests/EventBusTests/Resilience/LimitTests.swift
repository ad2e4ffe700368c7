import HostSupport
import Synchronization
import TestSupport
import Testing

@testable import EventBus

/// Sliding windows, token buckets, bulkheads, pauses.
@Suite struct LimitTests {
  @Test(arguments: 1...20)
  func `A sliding window counts what a list of all calls counts`(seed: Int) {
    var random = SeededRandom(seed: UInt64(seed))
    let length = UInt64.random(in: 1...50, using: &random) * 10
    let most = Int.random(in: 1...60, using: &random)
    let spans: [SlidingWindow.Span] = [.calls(most), .time(length)]
    for span in spans {
      var window = SlidingWindow(span)
      var all: [(time: UInt64, failed: Bool, slow: Bool)] = []
      var now: UInt64 = .random(in: 0...1_000, using: &random)
      for _ in 0..<2_000 {
        now += [0, 0, 1, 3, length / 10, length, 5 * length].randomElement(using: &random) ?? 0
        if Int.random(in: 0..<4, using: &random) > 0 {
          let call = (now, Bool.random(using: &random), Bool.random(using: &random))
          all.append(call)
          window.add(failed: call.1, slow: call.2, at: call.0)
        }
        window.move(to: now)
        let seen =
          switch span {
          case .calls: Array(all.suffix(most))
          case .time: all.filter { $0.time / (length / 10) + 10 > now / (length / 10) }
          }
        #expect(window.counts.calls == seen.count)
        #expect(window.counts.failed == seen.count { $0.failed })
        #expect(window.counts.slow == seen.count { $0.slow })
        #expect(window.consecutiveFailures == all.reversed().prefix { $0.failed }.count)
      }
    }
  }

  @Test(arguments: 1...20)
  func `A token bucket lets through what a bucket with fractions of tokens lets through`(seed: Int)
  {
    var random = SeededRandom(seed: UInt64(seed))
    let interval = UInt64.random(in: 1...1_000, using: &random)
    let burst = Int.random(in: 1...50, using: &random)
    let bucket = TokenBucket(calls: 1, per: interval, burst: burst)
    var full: UInt64 = 0
    // Tokens in parts of an interval, so that the model is exact too.
    var parts = UInt64(burst) * interval
    var now: UInt64 = 5_000
    var passed = 0
    for _ in 0..<5_000 {
      let step = UInt64.random(in: 0...(2 * interval), using: &random)
      now += step
      parts = min(UInt64(burst) * interval, parts + step)
      let turn = bucket.take(&full, at: now)
      #expect(turn.isTaken == (parts >= interval))
      if parts >= interval {
        parts -= interval
        passed += 1
      } else {
        #expect(turn.wait == interval - parts)
      }
      #expect(bucket.tokens(full, at: now) == parts / interval)
    }
    #expect(passed > 0)
  }

  @Test func `Who has patience takes a token that is only coming, in turn`() {
    let bucket = TokenBucket(calls: 10, per: 1_000, burst: 1)
    var full: UInt64 = 0
    #expect(bucket.take(&full, at: 50, patience: 200) == (0, true))
    #expect(bucket.take(&full, at: 50, patience: 200) == (100, true))
    #expect(bucket.take(&full, at: 50, patience: 200) == (200, true))
    #expect(bucket.take(&full, at: 50, patience: 200) == (300, false))
    #expect(bucket.take(&full, at: 150, patience: 200) == (200, true))
    #expect(bucket.take(&full, at: 1_000) == (0, true))
  }

  @Test func `A rate limiter that many threads share gives out its tokens once`() throws {
    var policy = RateLimiter.Policy()
    policy.calls = 1
    policy.period = 3_600_000_000_000
    policy.burst = 100
    let limiter = RateLimiter(policy)
    let passed = Atomic<Int>(0)
    let threads = try (0..<4).map { _ in
      let thread = try Thread(name: "limiter") {
        for _ in 0..<100 where limiter.enter(patience: 0) == nil {
          passed.add(1, ordering: .relaxed)
        }
      }
      return thread
    }
    for thread in threads { thread.join() }
    let all = passed.load(ordering: .relaxed)
    #expect(all == 100)
    #expect(limiter.rejected == 300)
    #expect(limiter.available == 0)
  }

  @Test func `A bulkhead holds so many calls, lets so many wait, and rejects the rest`() throws {
    var policy = Bulkhead.Policy()
    policy.calls = 2
    policy.waiting = 1
    policy.wait = 20_000_000_000
    let bulkhead = Bulkhead(policy)
    #expect(bulkhead.enter(until: .never))
    #expect(bulkhead.enter(until: .never))
    let cameIn = Atomic<Bool>(false)
    let waiter = try Thread(name: "waiter") {
      cameIn.store(bulkhead.enter(until: .never), ordering: .relaxed)
    }
    let waits = Condition.holds { bulkhead.figures.waiting == 1 }
    #expect(waits)
    #expect(!bulkhead.enter(until: .never))
    bulkhead.leave()
    waiter.join()
    let isIn = cameIn.load(ordering: .relaxed)
    #expect(isIn)
    #expect(bulkhead.figures == figures(running: 2, rejected: 1))
    // Nobody gives a place back in time.
    #expect(!bulkhead.enter(until: .after(milliseconds: 5)))
    #expect(bulkhead.figures == figures(running: 2, rejected: 2))
    bulkhead.leave()
    bulkhead.leave()
    #expect(bulkhead.enter(until: .never))
  }

  private func figures(running: Int, rejected: UInt64) -> Bulkhead.Figures {
    var figures = Bulkhead.Figures()
    figures.running = running
    figures.rejected = rejected
    return figures
  }

  @Test func `Pauses double to their cap and lie within their jitter`() {
    var backoff = Backoff(initial: 100, multiplier: 2, cap: 500, jitter: 0.1)
    #expect((1...5).map { _ in backoff.next() } == [100, 200, 400, 500, 500])
    #expect(backoff.attempts == 5)
    backoff.reset()
    #expect(backoff.next(random: 0) == 90)
    #expect(backoff.next(random: 1) == 220)
    let endless = Backoff(initial: .max, multiplier: 10, cap: .max)
    #expect(endless.pause(after: 9, random: 1) == 9_000_000_000_000_000_000)
    var retry = RetryPolicy()
    retry.jitter = 0.2
    #expect((2...4).map { retry.pause(before: $0, random: 0.5) } == [100, 200, 400])
    #expect(retry.pause(before: 2, random: 0) == 80)
    #expect(retry.pause(before: 50, random: 0.5) == 30_000)
  }
}
