import CDovetail
import PluginSDK

/// The C functions of a provider in Swift.
enum ProviderTable {
  /// The table of a provider, without its name and context.
  static func table(of provider: any RecordProvider) -> dvt_provider {
    var table = unsafe dvt_provider.headed()
    unsafe table.strongest = UInt32(provider.strongest.rawValue)
    unsafe table.flags = provider.isParallel ? DVT_PROVIDER_PARALLEL : 0
    unsafe setLife(&table)
    unsafe setRecords(&table)
    unsafe setSessions(&table)
    let abilities = provider.abilities
    if abilities.contains(.backup) { unsafe table.backup = backup }
    if abilities.contains(.search) { unsafe table.search = search }
    if abilities.contains(.metrics) {
      unsafe table.save_metrics = saveMetrics
      unsafe table.metrics = metrics
    }
    return unsafe table
  }

  /// Runs the provider's code; what a receiver answered goes back to the host as it is.
  private static func run(
    _ error: UnsafePointer<dvt_error_sink>?, _ body: () throws -> Int32
  ) -> Int32 {
    var answer = DVT_OK
    let code = unsafe guarded(error) {
      do {
        answer = try body()
      } catch let refused as RecordReceiver.Refused {
        answer = refused.code
      }
    }
    return code == DVT_OK ? answer : code
  }

  private static func setLife(_ table: inout dvt_provider) {
    unsafe table.open = { context, opening, out, error in
      unsafe ProviderTable.run(error) {
        guard let opening = unsafe opening, let out = unsafe out else { return DVT_INVALID }
        do {
          let revision = unsafe try ProviderHolder.of(context).open(RecordOpening(opening))
          unsafe out.pointee.revision = revision
          return DVT_OK
        } catch let newer as NewerFormat {
          unsafe out.pointee.format = UInt64(clamping: newer.found)
          unsafe out.pointee.known_format = UInt64(clamping: newer.known)
          return DVT_UNSUPPORTED
        }
      }
    }
    unsafe table.sync = { context, error in
      unsafe ProviderTable.run(error) {
        unsafe try ProviderHolder.of(context).sync()
        return DVT_OK
      }
    }
    unsafe table.close = { context, error in
      unsafe ProviderTable.run(error) {
        unsafe try ProviderHolder.of(context).close()
        return DVT_OK
      }
    }
  }

  private static func setRecords(_ table: inout dvt_provider) {
    unsafe table.load = { context, collection, key, receiver, receiverContext, error in
      unsafe ProviderTable.run(error) {
        guard let receiver = unsafe receiver else { return DVT_INVALID }
        let isFound = unsafe try ProviderHolder.of(context).load(
          collection, key, RecordReceiver(receiver, receiverContext))
        return isFound ? DVT_OK : DVT_NOT_FOUND
      }
    }
    unsafe table.for_each = { context, receiver, receiverContext, error in
      unsafe ProviderTable.run(error) {
        guard let receiver = unsafe receiver else { return DVT_INVALID }
        unsafe try ProviderHolder.of(context).forEach(RecordReceiver(receiver, receiverContext))
        return DVT_OK
      }
    }
    unsafe table.save = { context, batch, reached, error in
      unsafe ProviderTable.run(error) {
        guard let batch = unsafe batch, let reached = unsafe reached else { return DVT_INVALID }
        let durability = unsafe try ProviderHolder.of(context).save(RecordBatch(batch))
        unsafe reached.pointee = UInt32(durability.rawValue)
        return DVT_OK
      }
    }
  }

  private static func setSessions(_ table: inout dvt_provider) {
    unsafe table.save_session = { context, name, document, error in
      unsafe ProviderTable.run(error) {
        unsafe try ProviderHolder.of(context).saveSession(document, as: name.string)
        return DVT_OK
      }
    }
    unsafe table.load_session = { context, name, out, error in
      unsafe ProviderTable.run(error) {
        guard let document = unsafe try ProviderHolder.of(context).loadSession(name.string) else {
          return DVT_NOT_FOUND
        }
        guard let out = unsafe out?.pointee, let write = unsafe out.write else {
          return DVT_INVALID
        }
        return unsafe document.withUnsafeBufferPointer {
          unsafe write(out.context, $0.baseAddress, UInt64($0.count))
        }
      }
    }
  }

  private static let backup:
    @convention(c) (
      UnsafeMutableRawPointer?, dvt_str, dvt_progress?, UnsafeMutableRawPointer?,
      UnsafePointer<dvt_error_sink>?
    ) -> Int32 = { context, path, progress, progressContext, error in
      unsafe ProviderTable.run(error) {
        unsafe try ProviderHolder.of(context).backup(to: path.string) { done, total in
          unsafe progress?(progressContext, UInt64(clamping: done), UInt64(clamping: total))
        }
        return DVT_OK
      }
    }

  private static let search:
    @convention(c) (
      UnsafeMutableRawPointer?, dvt_str, dvt_str, dvt_key_receiver?, UnsafeMutableRawPointer?,
      UnsafePointer<dvt_error_sink>?
    ) -> Int32 = { context, words, collection, receiver, receiverContext, error in
      unsafe ProviderTable.run(error) {
        unsafe try ProviderHolder.of(context).search(words.string, in: collection.string) { key in
          let code = unsafe receiver?(receiverContext, key) ?? DVT_INVALID
          guard code == DVT_OK else { throw RecordReceiver.Refused(code: code) }
        }
        return DVT_OK
      }
    }

  private static let saveMetrics:
    @convention(c) (
      UnsafeMutableRawPointer?, UnsafePointer<dvt_sample>?, UInt64, UnsafePointer<dvt_error_sink>?
    ) -> Int32 = { context, samples, count, error in
      unsafe ProviderTable.run(error) {
        unsafe try ProviderHolder.of(context).saveMetrics(
          UnsafeBufferPointer(start: samples, count: Int(clamping: count)))
        return DVT_OK
      }
    }

  private static let metrics:
    @convention(c) (
      UnsafeMutableRawPointer?, dvt_str, Int64, Int64, dvt_sample_receiver?,
      UnsafeMutableRawPointer?, UnsafePointer<dvt_error_sink>?
    ) -> Int32 = { context, name, from, until, receiver, receiverContext, error in
      unsafe ProviderTable.run(error) {
        unsafe try ProviderHolder.of(context).metrics(name.string, from: from, until: until) {
          sample in
          var sample = unsafe sample
          let code = unsafe receiver?(receiverContext, &sample) ?? DVT_INVALID
          guard code == DVT_OK else { throw RecordReceiver.Refused(code: code) }
        }
        return DVT_OK
      }
    }
}
