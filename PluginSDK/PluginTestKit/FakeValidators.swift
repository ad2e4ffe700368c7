import CDovetail
import Glibc
import MetadataStore
import PluginSDK
import Synchronization

/// `dovetail.validators/1`, in memory. Time budgets are not kept: a test waits for its validators.
enum FakeValidators {
  static func table() -> dvt_validators {
    unsafe dvt_validators(
      struct_size: UInt32(MemoryLayout<dvt_validators>.size), abi_major: UInt16(DVT_ABI_MAJOR),
      abi_minor: UInt16(DVT_ABI_MINOR),
      validate: { unsafe FakeValidators.add($0, $1, $2, $3, $4, $5) },
      release: { host, handle, done, context, _ in
        unsafe Seat.of(host)?.core.end(handle, done, context) ?? DVT_INVALID
      })
  }

  private static func add(
    _ host: UnsafePointer<dvt_host>?, _ options: UnsafePointer<dvt_validation>?,
    _ validator: dvt_validator?, _ context: UnsafeMutableRawPointer?,
    _ out: UnsafeMutablePointer<dvt_handle>?, _ error: UnsafePointer<dvt_error_sink>?
  ) -> Int32 {
    guard let seat = unsafe Seat.of(host), let options = unsafe options?.pointee else {
      return DVT_INVALID
    }
    let entry = unsafe Entry(
      .validator, seat, name: options.name.string, pattern: options.pattern.string, context)
    do throws(MetadataError) {
      entry.collections = try CollectionPattern(entry.pattern)
    } catch let refusal {
      return unsafe FakeEvents.refuse(error, refusal.description)
    }
    entry.priority = unsafe options.priority
    unsafe entry.onReview = unsafe validator
    return unsafe seat.core.enter(entry, out)
  }
}

/// The writes of a transaction, as validators are shown and amend them.
///
/// Safe: used by one call at a time, on one thread.
@safe private final class FakeReview: @unchecked Sendable {
  var requests: [Store.Request]
  private let former: [Store.Item?]
  /// Places of those that the validator is shown.
  private var places: [Int] = []

  init(_ requests: [Store.Request], _ former: [Store.Item?]) {
    self.requests = requests
    self.former = former
  }

  /// Asks a validator.
  func ask(_ entry: Entry, _ snapshot: dvt_handle, revision: UInt64) throws(PluginError) {
    places = requests.indices.filter {
      entry.collections?.matches(requests[$0].collection) == true
    }
    guard !places.isEmpty else { return }
    let arena = Arena()
    let proposals = unsafe places.map { unsafe proposal($0, arena) }
    var review = unsafe dvt_review(
      struct_size: UInt32(MemoryLayout<dvt_review>.size), abi_major: UInt16(DVT_ABI_MAJOR),
      abi_minor: UInt16(DVT_ABI_MINOR), proposals: arena.array(proposals),
      proposal_count: UInt64(places.count), snapshot: snapshot, revision: revision)
    var amending = unsafe dvt_amending(
      struct_size: UInt32(MemoryLayout<dvt_amending>.size), abi_major: UInt16(DVT_ABI_MAJOR),
      abi_minor: UInt16(DVT_ABI_MINOR), context: Unmanaged.passUnretained(self).toOpaque(),
      amend: { context, index, value in
        guard let context = unsafe context, let value = unsafe value?.pointee else {
          return DVT_INVALID
        }
        return unsafe Unmanaged<FakeReview>.fromOpaque(context).takeUnretainedValue()
          .amend(Int(clamping: index), Value(value))
      })
    defer { withExtendedLifetime(arena) {} }
    unsafe try attempt { error in
      unsafe entry.onReview?(entry.context, &review, &amending, error) ?? DVT_INVALID
    }
  }

  private func proposal(_ place: Int, _ arena: Arena) -> dvt_proposal {
    let request = requests[place]
    let record = unsafe former[place].map { unsafe [$0.raw(arena)] } ?? []
    let value = unsafe request.value.map { unsafe [$0.raw(arena)] } ?? []
    return unsafe dvt_proposal(
      collection: arena.text(request.collection), key: arena.text(request.key),
      record: arena.array(record), value: arena.array(value))
  }

  private func amend(_ index: Int, _ value: Value) -> Int32 {
    guard places.indices.contains(index), requests[places[index]].value != nil else {
      return DVT_INVALID
    }
    requests[places[index]].value = value
    return DVT_OK
  }
}

extension HostCore {
  /// Has changes judged by everybody concerned.
  ///
  /// - Parameter requests: What is asked.
  /// - Returns: What is to be done.
  /// - Throws: `.vetoed`, or what `apply` throws.
  func judged(_ requests: [Store.Request]) throws(Store.Refusal) -> [Store.Request] {
    let (store, validators, judging) = state.withLock { state in
      (
        state.store,
        state.entries.values.filter { $0.kind == .validator }
          .sorted { ($0.priority, $1.token) > ($1.priority, $0.token) }, state.judging
      )
    }
    guard !validators.isEmpty else { return requests }
    guard judging != pthread_self() else {
      throw .vetoed(
        PluginError(.wouldDeadlock, "a validator cannot write while it judges", domain: "dovetail"))
    }
    var trial = store
    var former: [Store.Item?] = []
    for request in requests {
      former.append(trial.item(request.collection, request.key))
      _ = try trial.apply([request])
    }
    let review = FakeReview(requests, former)
    for validator in validators { try ask(validator, review, store) }
    return review.requests
  }

  private func ask(
    _ validator: Entry, _ review: FakeReview, _ store: Store
  ) throws(Store.Refusal) {
    let token = state.withLock { state in
      state.tokens += 1
      state.snapshots[state.tokens] = store
      state.judging = pthread_self()
      validator.running += 1
      return state.tokens
    }
    defer {
      state.withLock { state in
        state.snapshots[token] = nil
        state.judging = nil
      }
      returned(validator)
    }
    let seat = validator.seat
    do throws(PluginError) {
      try review.ask(
        validator, dvt_handle(plugin: seat.number, generation: seat.generation, token: token),
        revision: store.revision)
    } catch {
      throw .vetoed(
        PluginError(
          .denied, "validator \"\(validator.pattern)\" refused the write: \(error.message)",
          domain: "dovetail"))
    }
  }
}
