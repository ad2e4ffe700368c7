/// Numbers of a group, for percentiles.
struct Sample {
  private var numbers: [Double] = []
  private var isWhole = true

  /// Counts a value in, when it is a number.
  mutating func add(_ field: PackedView) {
    switch field.kind {
    case .int:
      numbers.append(Double(field.int))
      // A double has each integer up to here.
      if field.int.magnitude > 1 << 53 { isWhole = false }
    case .double:
      numbers.append(field.double)
      isWhole = false
    default: break
    }
  }

  /// The least number that so many percent are not above; null when there is none.
  mutating func percentile(_ percent: Int) -> MetadataValue {
    guard !numbers.isEmpty else { return .null }
    let rank = max(1, (percent * numbers.count + 99) / 100) - 1
    select(rank)
    return isWhole ? .int(Int64(numbers[rank])) : .double(numbers[rank])
  }

  /// Brings the number of a rank to its place: smaller ones before it, greater ones behind it.
  private mutating func select(_ rank: Int) {
    var (low, high) = (0, numbers.count - 1)
    while low < high {
      let pivot = median(numbers[low], numbers[(low + high) / 2], numbers[high])
      var (left, right) = (low, high)
      while left <= right {
        while numbers[left] < pivot { left += 1 }
        while numbers[right] > pivot { right -= 1 }
        guard left <= right else { break }
        numbers.swapAt(left, right)
        left += 1
        right -= 1
      }
      if rank <= right {
        high = right
      } else if rank >= left {
        low = left
      } else {
        return
      }
    }
  }

  private func median(_ first: Double, _ second: Double, _ third: Double) -> Double {
    max(min(first, second), min(max(first, second), third))
  }
}
