import HostSupport
import PluginHost

/// What waits to be sent to one follower: bounded, so that a slow one costs its own events and nobody's memory or time.
final class Notifications: Sendable {
  enum Item: Sendable {
    case event(EventReport)
    case record(RecordReport)
    case progress(ReplayProgress)
    case switching(SwitchProgress)
    case snapshot(SnapshotReport)
    /// So many were dropped here, because the follower was too slow.
    case lost(Int)

    var weight: Int {
      switch self {
      case .event(let event): event.payload.bytes.count
      case .record, .progress, .switching, .snapshot, .lost: 0
      }
    }

    var line: [UInt8] {
      switch self {
      case .event(let event): RPCMessage.notification("events.event", ["event": event])
      case .record(let record): RPCMessage.notification("meta.record", ["record": record])
      case .progress(let progress):
        RPCMessage.notification("events.replay", ["progress": progress])
      case .switching(let progress):
        RPCMessage.notification("meta.switch", ["progress": progress])
      case .snapshot(let report):
        RPCMessage.notification("meta.snapshot", ["snapshot": report])
      case .lost(let count): RPCMessage.notification("stream.lost", ["count": count])
      }
    }
  }

  private struct State {
    var items: [Item] = []
    var bytes = 0
    var lost = 0
    var open = true
  }

  private let state = Monitor(State())
  private let limits: ControlLimits
  private let onLoss: @Sendable () -> Void

  /// - Parameters:
  ///   - limits: What may wait.
  ///   - onLoss: Told of each that there was no room for.
  init(_ limits: ControlLimits, onLoss: @escaping @Sendable () -> Void = {}) {
    self.limits = limits
    self.onLoss = onLoss
  }

  /// Adds one, or counts it as lost when there is no room. Never waits.
  func add(_ item: Item) {
    let isLost = state.update { state in
      guard state.open else { return false }
      let full =
        state.items.count >= limits.queuedNotifications
        || state.bytes + item.weight > limits.queuedBytes
      guard !full else {
        state.lost += 1
        return true
      }
      if state.lost > 0 { state.items.append(.lost(state.lost)) }
      state.lost = 0
      state.items.append(item)
      state.bytes += item.weight
      return false
    }
    if isLost { onLoss() }
  }

  /// Takes all that waits, waiting for the first; `nil` when closed.
  func take() -> [Item]? {
    state.wait(until: .never) { state -> [Item]?? in
      if !state.open { return .some(nil) }
      if state.items.isEmpty && state.lost == 0 { return nil }
      let taken = state.items + (state.lost > 0 ? [.lost(state.lost)] : [])
      state.items = []
      state.bytes = 0
      state.lost = 0
      return .some(taken)
    } ?? nil
  }

  func close() {
    state.update { $0.open = false }
  }
}
