import CWorkerLink
import HostSupport

/// How a worker came to its end.
struct WorkerEnd: Sendable, Equatable {
  /// What became of the process.
  enum Exit: Sendable, Equatable {
    /// A signal ended it.
    case signal(Int32)
    /// It exited with a status.
    case status(Int32)
  }

  /// Why the host gave it up.
  enum Reason: Sendable, Equatable {
    /// It ended by itself.
    case ended
    /// A call did not come back within so many milliseconds.
    case hung(milliseconds: Int)
    /// It wrote what is no message.
    case garbage
  }

  var exit: Exit
  var reason: Reason
  /// The call that was under way, such as "handler"; empty when there was none, or it is not known.
  var operation = ""
  /// The topic, service or name that the call was about.
  var subject = ""
  /// The address that it could not touch or execute, when it faulted.
  var address: UInt64?
  /// What it wrote to its standard error last, in one line.
  var lastWords = ""
  /// The frames of the thread that faulted, innermost first.
  var trace: [CrashReport.Frame] = []

  /// The end in one line, such as "died of SIGSEGV at 0x0 in handler 'orders.created'".
  var cause: String {
    let place =
      operation.isEmpty ? "" : " in \(operation)" + (subject.isEmpty ? "" : " '\(subject)'")
    let words = lastWords.isEmpty ? "" : ": \(lastWords)"
    switch (reason, exit) {
    case (.hung(let milliseconds), _):
      return "did not come back\(place) within \(milliseconds) ms and was killed"
    case (.garbage, _): return "wrote to its host what is no message\(place) and was killed"
    case (.ended, .status(let status)): return "exited with status \(status)\(place)\(words)"
    case (.ended, .signal(9)):
      return "was killed by SIGKILL\(place), by somebody or for want of memory\(words)"
    case (.ended, .signal(let signal)):
      let at = address.map { " at 0x\(String($0, radix: 16))" } ?? ""
      return "died of \(SignalName.of(signal))\(at)\(place)\(words)"
    }
  }
}

extension WorkerEnd {
  /// Puts together what the system, the link and the worker itself say.
  init(exit: Exit, failure: wl_failure, milliseconds: Int, fault: iso_fault?, output: [UInt8]) {
    self.exit = exit
    switch failure.why {
    case WL_HUNG: reason = .hung(milliseconds: milliseconds)
    case WL_GARBAGE: reason = .garbage
    default: reason = .ended
    }
    if failure.op != 0 { operation = unsafe String(cString: iso_op_name(failure.op)) }
    subject = Self.text(failure.subject)
    lastWords = Self.lastLine(of: output)
    guard let fault, reason == .ended else { return }
    if [SIGSEGV, SIGBUS, SIGILL, SIGFPE].contains(fault.signal) { address = fault.address }
    trace = Self.trace(of: fault)
  }

  /// The text of a C array that ends with a NUL.
  private static func text<Characters>(_ characters: Characters) -> String {
    unsafe withUnsafeBytes(of: characters) { bytes in
      unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
  }

  /// What a runtime said as it gave up, else the last line.
  private static func lastLine(of output: [UInt8]) -> String {
    let lines = output.split(separator: UInt8(ascii: "\n")).map {
      String(decoding: $0.prefix(512), as: UTF8.self)
    }
    return lines.last { $0.contains("atal error:") } ?? lines.last ?? ""
  }

  private static func trace(of fault: iso_fault) -> [CrashReport.Frame] {
    let addresses = unsafe withUnsafeBytes(of: fault.trace) { bytes in
      unsafe Array(bytes.bindMemory(to: UInt64.self).prefix(Int(fault.frames)))
    }
    let images = images(of: fault)
    return addresses.map { address in
      var frame = CrashReport.Frame(address: address)
      if let image = images.first(where: { $0.range.contains(address) }) {
        frame.image = image.path
        frame.offset = "0x" + String(address &- image.range.lowerBound, radix: 16)
      }
      return frame
    }
  }

  private static func images(of fault: iso_fault) -> [(range: Range<UInt64>, path: String)] {
    return unsafe withUnsafeBytes(of: fault.images) { bytes in
      let stride = bytes.count / 16
      return (0..<16).compactMap { index in
        let base = index * stride
        let start = unsafe bytes.load(fromByteOffset: base, as: UInt64.self)
        let end = unsafe bytes.load(fromByteOffset: base + 8, as: UInt64.self)
        guard start != 0, start < end else { return nil }
        let path = unsafe bytes[(base + 16)..<(base + stride)].prefix { $0 != 0 }
        return (start..<end, unsafe String(decoding: path, as: UTF8.self))
      }
    }
  }
}

import Glibc
