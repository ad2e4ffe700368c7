import CHostSupport
import Glibc

/// A thread of the host's own: blocking plugin code must not starve Swift's cooperative pool.
public struct Thread: Sendable {
  private let handle: pthread_t

  /// Starts a thread. The corresponding C function is `pthread_create`.
  ///
  /// - Parameters:
  ///   - name: Shown by `top` and debuggers; cut to 15 bytes.
  ///   - body: Runs once; the thread ends with it.
  /// - Throws: The system's error when it has no thread to give.
  public init(name: String, _ body: @escaping @Sendable () -> Void) throws(SystemError) {
    final class Start: Sendable {
      let name: String
      let body: @Sendable () -> Void
      init(_ name: String, _ body: @escaping @Sendable () -> Void) {
        self.name = name
        self.body = body
      }
    }
    let start = unsafe Unmanaged.passRetained(Start(name, body))
    var created = pthread_t()
    let code = unsafe pthread_create(
      &created, nil,
      { argument in
        guard let argument = unsafe argument else { return nil }
        let start = unsafe Unmanaged<Start>.fromOpaque(argument).takeRetainedValue()
        unsafe hs_name_thread(start.name)
        start.body()
        return nil
      }, start.toOpaque())
    guard code == 0 else {
      unsafe start.release()
      throw SystemError("pthread_create", name, code: code)
    }
    handle = created
  }

  /// Waits for the thread's end. The corresponding C function is `pthread_join`. Call it or `detach`, once.
  public func join() {
    pthread_join(handle, nil)
  }

  /// Waits for the thread's end, or on the thread itself lets it end by itself: what a thread's own work lets go of may be what
  /// would wait for it. Call it in place of `join` or `detach`, once.
  public func joinUnlessCurrent() {
    if pthread_equal(handle, pthread_self()) != 0 { detach() } else { join() }
  }

  /// Lets the thread end by itself. The corresponding C function is `pthread_detach`.
  public func detach() {
    pthread_detach(handle)
  }
}
