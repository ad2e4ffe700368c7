import FoundationEssentials
import Glibc
import HostSupport

/// Runs programs with `recorder.c` preloaded, which logs what they do to files and makes chosen calls fail.
public final class SystemCallRecorder: Sendable {
  /// Calls that are to fail.
  public struct Fault: Sendable, CustomStringConvertible {
    /// The kind: `write`, `sync`, `open`, `rename`, `unlink` or `mkdir`.
    public let call: String
    /// The first one that fails, from 1.
    public let first: Int
    /// How many fail.
    public let count: Int
    /// The error's number.
    public let error: Int32
    /// Whether the program is killed after the first call that follows a sync that failed.
    public let kills: Bool

    /// Describes calls that are to fail; 5 is `EIO`.
    public init(
      _ call: String, first: Int, count: Int = 1, error: Int32 = 5, kills: Bool = false
    ) {
      self.kills = kills
      self.call = call
      self.first = first
      self.count = count
      self.error = error
    }

    /// For messages.
    public var description: String { "\(call) \(first)…\(first + count - 1) fails with \(error)" }
  }

  /// The one of this process; the library is built when it is used first.
  public static let shared = Result { try SystemCallRecorder() }

  private let folder = TemporaryDirectory()
  private let library: String

  private init() throws {
    let tests = #filePath.split(separator: "/").dropLast(3).reduce("") { "\($0)/\($1)" }
    let source = try Data(contentsOf: URL(filePath: "\(tests)/Helpers/system-calls/recorder.c"))
    library = try FixtureCompiler(folder: folder.path).compile(
      "recorder.so", String(decoding: source, as: UTF8.self), flags: ["-Wall", "-ldl", "-lpthread"])
  }

  /// What a program needs in its environment to be recorded.
  ///
  /// - Parameters:
  ///   - root: The folder below which files count; its path must be free of links.
  ///   - log: The log's path, outside of the folder; `nil` for faults alone.
  ///   - skipped: Paths below the folder that do not count, with all below them.
  ///   - fault: Calls that are to fail.
  /// - Returns: The variables.
  public func environment(
    root: String, log: String?, skipping skipped: [String] = [], fault: Fault? = nil
  ) -> [String: String] {
    var variables = ["LD_PRELOAD": library, "RECORD_ROOT": root]
    if !skipped.isEmpty { variables["RECORD_SKIP"] = skipped.joined(separator: ":") }
    if let log { variables["RECORD_LOG"] = log }
    if let fault {
      variables["FAULT_CALL"] = fault.call
      variables["FAULT_FIRST"] = "\(fault.first)"
      variables["FAULT_COUNT"] = "\(fault.count)"
      variables["FAULT_ERRNO"] = "\(fault.error)"
      if fault.kills { variables["FAULT_KILL"] = "1" }
    }
    return variables
  }

  /// Reads a log.
  ///
  /// - Parameter path: Where the program wrote it.
  /// - Returns: The log.
  /// - Throws: The system's error.
  public static func log(_ path: String) throws -> SystemCallLog {
    SystemCallLog([UInt8](try Data(contentsOf: URL(filePath: path))))
  }
}
