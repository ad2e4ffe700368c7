/// What the crash guard proves itself on: a trap in the middle of an `inout` access, and the same access without a trap.
enum GuardSelfTest {
  private final class Box {
    var value: UInt8 = .max
  }

  nonisolated(unsafe) private static let box = Box()

  @inline(never)
  private static func add(_ value: inout UInt8, _ amount: UInt8) { value += amount }

  /// Overflows inside an access to a class's property.
  static let trap: @convention(c) (UnsafeMutableRawPointer?) -> Int32 = { _ in
    unsafe box.value = .max
    add(&(unsafe box).value, 1)
    return 0
  }

  /// Makes the same access without a trap.
  static let work: @convention(c) (UnsafeMutableRawPointer?) -> Int32 = { _ in
    unsafe box.value = 0
    add(&(unsafe box).value, 1)
    return unsafe box.value == 1 ? 0 : 1
  }
}
