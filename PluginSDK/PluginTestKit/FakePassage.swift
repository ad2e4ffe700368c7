import CDovetail
import PluginSDK

/// Takes a request past the interceptors to who answers it, and the reply past them back.
struct FakePassage {
  let core: HostCore
  let name: String
  let caller: String

  /// Carries a request out.
  func run(
    _ data: [UInt8], _ contentType: String, asksBack: Bool = true,
    _ answer: ([UInt8], String) throws(PluginError) -> [UInt8]
  ) throws(PluginError) -> [UInt8] {
    let stages = asksBack ? DVT_STAGE_REQUEST | DVT_STAGE_REPLY : DVT_STAGE_REQUEST
    let interceptors = core.interceptors(around: name, at: stages)
    defer { for entry in interceptors { core.returned(entry) } }
    return try run(data, contentType, past: interceptors[...], asksBack, answer)
  }

  private func run(
    _ data: [UInt8], _ contentType: String, past interceptors: ArraySlice<Entry>,
    _ asksBack: Bool, _ answer: ([UInt8], String) throws(PluginError) -> [UInt8]
  ) throws(PluginError) -> [UInt8] {
    guard let entry = interceptors.first else { return try answer(data, contentType) }
    var (data, contentType) = (data, contentType)
    if entry.stages & DVT_STAGE_REQUEST != 0 {
      let verdict = try ask(entry, DVT_STAGE_REQUEST, data, contentType)
      if let answer = verdict.answer { return answer }
      if let amended = verdict.data { (data, contentType) = (amended, verdict.contentType) }
    }
    let reply = Result { () throws(PluginError) in
      try run(data, contentType, past: interceptors.dropFirst(), asksBack, answer)
    }
    return asksBack ? try back(reply, past: entry) : try reply.get()
  }

  /// Takes one of several replies past all interceptors.
  func back(_ reply: Result<[UInt8], PluginError>) -> Result<[UInt8], PluginError> {
    let interceptors = core.interceptors(around: name, at: DVT_STAGE_REPLY)
    defer { for entry in interceptors { core.returned(entry) } }
    return interceptors.reversed().reduce(reply) { reply, entry in
      Result { () throws(PluginError) in try back(reply, past: entry) }
    }
  }

  /// Takes a reply, or a failure, past an interceptor.
  private func back(
    _ reply: Result<[UInt8], PluginError>, past entry: Entry
  ) throws(PluginError) -> [UInt8] {
    guard entry.stages & DVT_STAGE_REPLY != 0 else { return try reply.get() }
    var code = DVT_OK
    var bytes: [UInt8] = []
    switch reply {
    case .success(let data): bytes = data
    case .failure(let failure): code = failure.code.rawValue
    }
    let verdict = try ask(entry, DVT_STAGE_REPLY, bytes, "", code: code)
    if let left = verdict.answer ?? verdict.data { return left }
    return try reply.get()
  }

  private func ask(
    _ entry: Entry, _ stage: UInt32, _ data: [UInt8], _ contentType: String, code: Int32 = DVT_OK
  ) throws(PluginError) -> FakeVerdict {
    let arena = Arena()
    defer { withExtendedLifetime(arena) {} }
    var exchange = unsafe dvt_exchange.headed()
    unsafe exchange.stage = stage
    unsafe exchange.code = code
    unsafe exchange.name = unsafe arena.text(name)
    unsafe exchange.caller = unsafe arena.text(caller)
    unsafe exchange.datacontenttype = unsafe arena.text(contentType)
    unsafe exchange.data = unsafe arena.bytes(data)
    let verdict = FakeVerdict()
    if let refusal = unsafe verdict.ask(entry, exchange) { throw refusal }
    return verdict
  }
}
