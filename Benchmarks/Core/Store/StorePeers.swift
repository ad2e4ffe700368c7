import Glibc

/// The limits and peers of the store's figures: functions of shared objects that run.sh compiled; see Benchmarks/Peers/store.h.
struct StorePeers {
  typealias Count = @convention(c) (Int) -> Int64
  typealias Records = @convention(c) (UInt32) -> Int64
  typealias Two = @convention(c) (Int, UInt32) -> Int64
  typealias Flagged = @convention(c) (Int, Int32) -> Int64
  typealias Plain = @convention(c) () -> Int64
  typealias Path = @convention(c) (UnsafePointer<CChar>?) -> Int64
  typealias PathAndCount = @convention(c) (UnsafePointer<CChar>?, UInt64) -> Int64

  typealias PathRoundsSize = @convention(c) (UnsafePointer<CChar>?, Int, UInt32) -> Int64

  let folder: String

  /// A function of a shared object.
  ///
  /// - Parameters:
  ///   - name: The function's.
  ///   - image: The object's, without `.so`.
  ///   - type: One of the types above, that of the function.
  /// - Returns: `nil` when the peer was not built.
  func function<Function>(_ name: String, of image: String, as type: Function.Type) -> Function? {
    guard let handle = unsafe dlopen("\(folder)/\(image).so", RTLD_NOW),
      let symbol = unsafe dlsym(handle, name)
    else { return nil }
    return unsafe unsafeBitCast(symbol, to: type)
  }

  /// Takes what a function answered.
  ///
  /// - Throws: When it is negative, or there was no function.
  static func checked(_ nanoseconds: Int64?, _ what: String) throws -> Double {
    guard let nanoseconds, nanoseconds >= 0 else {
      throw BenchmarkError(description: "\(what) failed")
    }
    return Double(nanoseconds)
  }
}
