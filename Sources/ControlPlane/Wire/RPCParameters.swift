import HostSupport
import PluginHost

/// The named parameters of a request, read with exact errors.
struct RPCParameters {
  let members: [String: JSON]

  func string(_ name: String) throws(RPCFailure) -> String {
    guard let value = try optionalString(name) else {
      throw .invalidParameters("\"\(name)\" is missing")
    }
    return value
  }

  func optionalString(_ name: String) throws(RPCFailure) -> String? {
    switch members[name] {
    case nil, .null: return nil
    case .string(let text): return text
    default: throw .invalidParameters("\"\(name)\" must be a string")
    }
  }

  func bool(_ name: String) throws(RPCFailure) -> Bool {
    switch members[name] {
    case nil, .null: return false
    case .bool(let flag): return flag
    default: throw .invalidParameters("\"\(name)\" must be true or false")
    }
  }

  func integer(_ name: String, _ range: ClosedRange<Int64>) throws(RPCFailure) -> Int64? {
    switch members[name] {
    case nil, .null: return nil
    case .int(let number) where range.contains(number): return number
    default:
      throw .invalidParameters(
        "\"\(name)\" must be an integer from \(range.lowerBound) to \(range.upperBound)")
    }
  }

  /// Numbers of 1…, each at most once.
  func numbers(_ name: String) throws(RPCFailure) -> Set<UInt64>? {
    guard let value = members[name], value != .null else { return nil }
    let numbers = (value.array ?? []).compactMap(\.int).filter { $0 > 0 }.map { UInt64($0) }
    guard let all = value.array, !all.isEmpty, numbers.count == all.count else {
      throw .invalidParameters("\"\(name)\" must be an array of integers from 1")
    }
    return Set(numbers)
  }

  /// Where a plugin is to run.
  func place(_ name: String) throws(RPCFailure) -> HostConfiguration.Isolation.Place? {
    guard let text = try optionalString(name) else { return nil }
    if let place = HostConfiguration.Isolation.Place(rawValue: text) { return place }
    throw .invalidParameters("\"\(name)\" must be \"isolated\" or \"in-process\"")
  }

  /// The moment that `timeoutMs` names, 60 s from now when it is missing.
  func deadline() throws(RPCFailure) -> Deadline {
    .after(milliseconds: Int(try integer("timeoutMs", 1...600_000) ?? 60_000))
  }

  /// The CloudEvents members `datacontenttype`, `data` and `data_base64`.
  func payload() throws(RPCFailure) -> Payload {
    let names = ["datacontenttype", "data", "data_base64"]
    let part = members.filter { names.contains($0.key) }
    do {
      return try JSON.object(part).decoded()
    } catch {
      throw .invalidParameters("the data cannot be read: \(error.reason)")
    }
  }
}
