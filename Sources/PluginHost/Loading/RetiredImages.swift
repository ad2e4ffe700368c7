/// What the images that stay mapped after their plugins ended hold, and how much of it is too much.
public struct RetiredImages: Sendable, Equatable {
  /// How much may stay mapped before the host says so.
  public struct Budget: Sendable, Equatable {
    /// Images.
    public var count: Int
    /// Bytes of address space.
    public var bytes: Int

    /// Takes the limits; reaching one warns, twice as much recommends a restart.
    public init(count: Int = 256, bytes: Int = 512 << 20) {
      self.count = count
      self.bytes = bytes
    }
  }

  /// Images that stayed mapped.
  public private(set) var count = 0
  /// Bytes of address space that they hold.
  public private(set) var bytes = 0
  /// Images by plugin.
  public private(set) var byPlugin: [String: Int] = [:]
  /// The limits.
  public let budget: Budget

  /// Starts with none.
  public init(budget: Budget = Budget()) {
    self.budget = budget
  }

  mutating func add(_ plugin: String, bytes more: Int) {
    count += 1
    bytes += more
    byPlugin[plugin, default: 0] += 1
  }

  /// What to tell the operator, or `nil` while it is within the budget.
  public var warning: String? {
    guard count >= budget.count || bytes >= budget.bytes else { return nil }
    let over = count >= 2 * budget.count || bytes >= 2 * budget.bytes
    let most = byPlugin.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key ?? "?"
    return "\(count) retired images hold \(bytes >> 10) KiB of address space, most of them "
      + "generations of \(most); "
      + (over ? "restart the host at the next occasion" : "plan a restart of the host")
  }
}
