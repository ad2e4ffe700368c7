/// A system call that failed: which one, on what, and the system's own text.
public struct SystemError: Error, Equatable, CustomStringConvertible {
  /// The name of the C function, such as `open`.
  public let call: String
  /// The path or object that it was called on; empty when there is none.
  public let subject: String
  /// The value of `errno`.
  public let code: Int32

  /// Takes the error of a call that just failed.
  ///
  /// - Parameters:
  ///   - call: The name of the C function.
  ///   - subject: The path or object that it was called on.
  ///   - code: The error number; the calling thread's `errno` when omitted.
  public init(_ call: String, _ subject: String = "", code: Int32 = errno) {
    self.call = call
    self.subject = subject
    self.code = code
  }

  /// The system's text for `code`, such as "No such file or directory".
  public var reason: String {
    unsafe String(cString: strerror(code))
  }

  /// The whole error in one line.
  public var description: String {
    subject.isEmpty ? "\(call): \(reason)" : "\(call) \(subject): \(reason)"
  }
}

public import Glibc
