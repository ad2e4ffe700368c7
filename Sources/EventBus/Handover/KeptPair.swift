/// Two objects that live as long as a callable may run: what it calls, and the registration that a failure is reported for.
final class KeptPair: @unchecked Sendable {
  // Safe: nobody reads the members; they are only held.
  private let first: AnyObject?
  private let second: AnyObject

  init(_ first: AnyObject?, _ second: AnyObject) {
    self.first = first
    self.second = second
  }
}
