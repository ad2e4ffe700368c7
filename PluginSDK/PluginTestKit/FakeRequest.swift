import CDovetail
import PluginSDK
import Synchronization

/// One request on a topic, in memory.
struct FakeRequest {
  let core: HostCore
  let topic: String
  let caller: String
  let replies: UInt32

  /// What one responder said.
  struct Reply {
    var responder = "dovetail"
    var name = ""
    let result: Result<[UInt8], PluginError>

    /// Lends it as the ABI has it.
    func lend(_ body: (dvt_reply) -> Bool) -> Bool {
      let arena = Arena()
      defer { withExtendedLifetime(arena) {} }
      return unsafe body(raw(arena))
    }

    /// As the ABI has it.
    func raw(_ arena: Arena) -> dvt_reply {
      var raw = unsafe dvt_reply.headed()
      unsafe raw.responder = unsafe arena.text(responder)
      unsafe raw.name = unsafe arena.text(name)
      switch result {
      case .success(let data): unsafe raw.data = unsafe arena.bytes(data)
      case .failure(let failure):
        unsafe raw.code = failure.code.rawValue
        unsafe raw.message = unsafe arena.text(failure.message)
        unsafe raw.retryable = failure.isRetryable ? 1 : 0
      }
      return unsafe raw
    }
  }

  /// Asks every responder in order and shows what was asked for.
  func run(
    _ data: [UInt8], _ contentType: String, _ receive: (Reply) -> Bool
  ) throws(PluginError) {
    let passage = FakePassage(core: core, name: topic, caller: caller)
    var wasShown = false
    var from = Reply(result: .success([]))
    let bytes = try passage.run(data, contentType, asksBack: replies != DVT_REPLIES_ALL) {
      data, contentType throws(PluginError) in
      let all = answers(data, contentType)
      guard !all.isEmpty else {
        throw PluginError(.notFound, "nobody answers requests on \(topic)", domain: "dovetail")
      }
      if replies == DVT_REPLIES_ALL {
        wasShown = true
        for reply in all {
          var left = reply
          left = Reply(
            responder: reply.responder, name: reply.name, result: passage.back(reply.result))
          if !receive(left) { break }
        }
        return []
      }
      from = try replies == DVT_REPLIES_COMBINED ? combined(all, data) : first(of: all)
      return try from.result.get()
    }
    if wasShown { return }
    _ = receive(Reply(responder: from.responder, name: from.name, result: .success(bytes)))
  }

  private func first(of all: [Reply]) -> Reply {
    all.first { if case .success = $0.result { true } else { false } } ?? all[0]
  }

  private func answers(_ data: [UInt8], _ contentType: String) -> [Reply] {
    entries(.responder).map { entry in
      defer { core.returned(entry) }
      return Reply(
        responder: entry.seat.plugin, name: entry.name,
        result: Result { () throws(PluginError) in
          try entry.answer(topic, from: caller, data, contentType)
        })
    }
  }

  private func combined(_ all: [Reply], _ data: [UInt8]) throws(PluginError) -> Reply {
    let combiners = entries(.combiner)
    defer { for entry in combiners { core.returned(entry) } }
    guard let combiner = combiners.first else { return first(of: all) }
    let arena = Arena()
    defer { withExtendedLifetime(arena) {} }
    var request = unsafe dvt_request.headed()
    unsafe request.service = unsafe arena.text(topic)
    unsafe request.caller = unsafe arena.text(caller)
    unsafe request.data = unsafe arena.bytes(data)
    let raw = unsafe all.map { unsafe $0.raw(arena) }
    let list = unsafe arena.array(raw)
    let bytes = unsafe try collect { sink, error in
      unsafe combiner.onReplies?(
        combiner.context, &request, list, UInt64(raw.count), sink, error) ?? DVT_INVALID
    }
    return Reply(responder: combiner.seat.plugin, name: combiner.name, result: .success(bytes))
  }

  private func entries(_ kind: Entry.Kind) -> [Entry] {
    core.state.withLock { state in
      let found = state.entries.values.filter {
        $0.kind == kind && $0.matcher?.matches(topic) == true
      }
      .sorted { ($0.priority, $1.token) > ($1.priority, $0.token) }
      for entry in found { entry.running += 1 }
      return found
    }
  }
}
