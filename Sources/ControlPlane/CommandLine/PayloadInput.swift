import FoundationEssentials
import Glibc
public import HostSupport
public import PluginHost

/// Takes an event's or a request's data from the command line.
public enum PayloadInput {
  /// The flags that give it.
  public static let options: [Option] = [
    Option("data", value: "TEXT", "the data itself"),
    Option(
      "data-file", value: "FILE", "take the data from a file; - is standard input",
      completion: .files),
    Option("content-type", value: "TYPE", "the data's media type"),
  ]

  /// What the help says of them.
  public static let discussion =
    "Without --content-type, data that is JSON is application/json, other text is text/plain,\n"
    + "and anything else is application/octet-stream."

  /// The data as parameters of a request.
  public static func parameters(
    _ invocation: Invocation
  ) throws(CommandFailure) -> [String: JSON] {
    let bytes = try bytes(invocation)
    guard let bytes else { return [:] }
    let type = invocation.value("content-type") ?? contentType(of: bytes)
    let payload = Payload(bytes, contentType: type)
    if payload.isJSON {
      do { _ = try JSON(parsing: bytes) } catch {
        let source = invocation.value("data-file").map { "\($0): " } ?? ""
        throw .usage(
          "\(source)the data is \(error)", advice: "give its --content-type, or correct it")
      }
    }
    return (try? JSON(parsing: Array(Invocation.encoded(payload).utf8)))?.object ?? [:]
  }

  /// A value of metadata: JSON, or text when `isText`.
  public static func value(_ text: String, isText: Bool) throws(CommandFailure) -> JSON {
    if isText { return .string(text) }
    do {
      return try JSON(parsing: Array(text.utf8))
    } catch {
      throw .usage("VALUE is \(error)", advice: "quote it as JSON, or add --string")
    }
  }

  /// The JSON in a file; "-" is standard input.
  ///
  /// - Parameter path: The file.
  /// - Returns: The JSON.
  /// - Throws: Why it cannot be read, or what is wrong with it.
  public static func json(of path: String) throws(CommandFailure) -> JSON {
    let bytes: [UInt8]
    do throws(CommandFailure) { bytes = try contents(of: path) } catch {
      if let first = path.first(where: { !$0.isWhitespace }), "{[".contains(first) {
        throw .usage(
          "FILE is the definition itself, not the name of a file",
          advice: "save it to a file and name that, or give - and write it to standard input")
      }
      guard error.exitCode == .notFound else { throw error }
      throw CommandFailure(
        error.exitCode, error.code, error.message,
        advice: "name a file that has JSON, or give - and write it to standard input")
    }
    do {
      return try JSON(parsing: bytes)
    } catch {
      throw .usage("\(Printable.clean(path)): the JSON is \(error)", advice: "correct it")
    }
  }

  /// Prints a reply: its bytes as they are (with a newline after text on a terminal), or as JSON.
  public static func printReply(_ reply: Payload, _ invocation: Invocation) {
    if invocation.json { return invocation.show(reply) { _ in "" } }
    let isText = reply.isJSON || reply.isText
    let newline = isText && isatty(1) == 1 && reply.bytes.last != UInt8(ascii: "\n")
    Output.print(reply.bytes + (newline ? [UInt8(ascii: "\n")] : []))
  }

  private static func bytes(_ invocation: Invocation) throws(CommandFailure) -> [UInt8]? {
    switch (invocation.value("data"), invocation.value("data-file")) {
    case (nil, nil): return nil
    case (let text?, nil): return Array(text.utf8)
    case (nil, let path?): return try contents(of: path)
    default: throw .usage("--data and --data-file exclude each other")
    }
  }

  private static func contents(of path: String) throws(CommandFailure) -> [UInt8] {
    var bytes: [UInt8] = []
    do {
      let file =
        path == "-" ? FileDescriptor(owning: dup(0)) : try FileDescriptor.open(path, O_RDONLY)
      var room = [UInt8](repeating: 0, count: 65_536)
      while bytes.count <= 16 << 20 {
        let count = unsafe read(file.raw, &room, room.count)
        if count == 0 { return bytes }
        guard count > 0 || errno == EINTR else { throw SystemError("read", path) }
        bytes.append(contentsOf: room.prefix(max(0, count)))
      }
    } catch let error as SystemError {
      let code: ExitCode = error.code == ENOENT ? .notFound : .failed
      throw CommandFailure(code, code == .notFound ? "not-found" : "failed", error.description)
    } catch {
      throw CommandFailure(.failed, "failed", "\(error)")
    }
    throw CommandFailure(.refused, "refused", "\(path) has more than 16 MiB")
  }

  private static func contentType(of bytes: [UInt8]) -> String {
    if (try? JSON(parsing: bytes)) != nil { return "application/json" }
    let isText = String(validating: bytes, as: UTF8.self) != nil
    return isText ? "text/plain" : "application/octet-stream"
  }
}
