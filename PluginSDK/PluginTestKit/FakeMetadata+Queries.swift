import CDovetail
import HostSupport
import MetadataStore
import PluginSDK
import Synchronization

extension FakeMetadata {
  /// Queries run on the host's own engine, over a copy. Definitions are checked and told, but not enforced.
  static func setQuestions(_ table: inout dvt_metadata) {
    unsafe table.query = { host, query, receiver, context, cursor, plan, sink in
      guard let core = unsafe Seat.of(host)?.core, let asked = unsafe query?.pointee else {
        return DVT_INVALID
      }
      guard let store = unsafe core.store(asked.snapshot) else { return DVT_GONE }
      do throws(MetadataError) {
        return unsafe try FakeMetadata.answer(asked, store, receiver, context, cursor, plan)
      } catch {
        unsafe PluginError(.invalid, "\(error)", domain: "dovetail").report(to: sink)
        return DVT_INVALID
      }
    }
    unsafe table.define = { host, collection, definition, inForce, version, sink in
      guard let core = unsafe Seat.of(host)?.core else { return DVT_INVALID }
      let (name, text) = unsafe (collection.string, definition.string)
      do {
        if !text.isEmpty {
          let json = try JSON(parsing: Array(text.utf8))
          let made = try CollectionDefinition(collection: name, json: json)
          core.state.withLock { $0.definitions[name] = made }
        }
      } catch {
        unsafe PluginError(.invalid, "\(error)", domain: "dovetail").report(to: sink)
        return DVT_INVALID
      }
      guard let current = core.state.withLock({ $0.definitions[name] }) else {
        return DVT_NOT_FOUND
      }
      unsafe version?.pointee = UInt64(current.version)
      return unsafe FakeMetadata.write(current.json.text(), inForce)
    }
  }

  private static func answer(
    _ asked: dvt_query, _ store: Store, _ receiver: dvt_record_receiver?,
    _ context: UnsafeMutableRawPointer?, _ cursor: UnsafePointer<dvt_sink>?,
    _ plan: UnsafePointer<dvt_sink>?
  ) throws(MetadataError) -> Int32 {
    var query = try MetadataQuery(unsafe asked.text.string)
    let after = unsafe asked.cursor.string
    if !after.isEmpty { query = query.after(after) }
    let parameters = unsafe QueryParameters(Value(asked.parameters))
    let items = store.list(query.collection, "")
    let copy = try MetadataStore()
    let writes = items.map { item in
      MetadataWrite(
        collection: item.collection, key: item.key, value: MetadataValue(item.value),
        durability: .memory)
    }
    if !writes.isEmpty { try copy.transaction(writes) }
    guard unsafe receiver != nil else {
      return unsafe write(try copy.snapshot.plan(for: query, parameters).description, plan)
    }
    let result = try copy.snapshot.query(query, parameters)
    var found = result.records.compactMap { store.item(query.collection, $0.key) }
    for row in result.rows {
      var members: [String: Value] = [:]
      for (column, value) in zip(result.columns, row) {
        members[column.description] = value.map { Value($0) }
      }
      found.append(
        Store.Item(
          collection: query.collection, key: "", value: .map(members), version: 0, created: 0,
          modified: 0))
    }
    let code = unsafe show(found, receiver, context)
    guard code == DVT_OK else { return code }
    _ = unsafe write(result.plan.description, plan)
    return unsafe write(result.cursor ?? "", cursor)
  }

  private static func write(_ text: String, _ sink: UnsafePointer<dvt_sink>?) -> Int32 {
    guard let sink = unsafe sink, !text.isEmpty else { return DVT_OK }
    return unsafe text.borrowed { text in
      unsafe sink.pointee.write?(sink.pointee.context, text.ptr, text.len) ?? DVT_OK
    }
  }
}

extension QueryParameters {
  /// A map for `:name`, a list for `?`.
  fileprivate init(_ value: Value) {
    switch value {
    case .list(let values): self.init(values.map { MetadataValue($0) })
    case .map(let members): self.init(named: members.mapValues { MetadataValue($0) })
    default: self.init()
    }
  }
}

extension MetadataValue {
  /// The same value, as the store has it.
  fileprivate init(_ value: Value) {
    self =
      switch value {
      case .null: .null
      case .bool(let flag): .bool(flag)
      case .int(let number): .int(number)
      case .double(let number): .double(number)
      case .string(let text): .string(text)
      case .bytes(let bytes): .bytes(bytes)
      case .date(let moment): .date(nanoseconds: moment)
      case .list(let elements): .list(elements.map { MetadataValue($0) })
      case .map(let members): .map(members.mapValues { MetadataValue($0) })
      }
  }
}

extension Value {
  /// The same value, as plugins have it.
  fileprivate init(_ value: MetadataValue) {
    self =
      switch value {
      case .null: .null
      case .bool(let flag): .bool(flag)
      case .int(let number): .int(number)
      case .double(let number): .double(number)
      case .string(let text): .string(text)
      case .bytes(let bytes): .bytes(bytes)
      case .date(let moment): .date(nanoseconds: moment)
      case .list(let elements): .list(elements.map { Value($0) })
      case .map(let members): .map(members.mapValues { Value($0) })
      }
  }
}
