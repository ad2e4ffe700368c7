/// Finds the name that somebody who mistyped one most likely meant.
public enum Spelling {
  /// The candidate nearest to a name, or `nil` when none is near.
  ///
  /// Near means at most one edit for up to four bytes, two for up to nine, three beyond: an insertion, deletion,
  /// substitution or swap of neighbours each counts one; case does not count. A name of two bytes or more that only one
  /// candidate begins with means that one.
  ///
  /// - Parameters:
  ///   - name: What was written; only its first 128 bytes are looked at.
  ///   - candidates: The names there are; of equally near ones the first in byte order wins.
  /// - Returns: One of `candidates`.
  public static func nearest(to name: String, in candidates: some Sequence<String>) -> String? {
    let wanted = Array(name.lowercased().utf8.prefix(128))
    if let longer = onlyOne(beginningWith: wanted, in: candidates) { return longer }
    let limit = wanted.count <= 4 ? 1 : wanted.count <= 9 ? 2 : 3
    var best: (distance: Int, name: String)?
    for candidate in candidates {
      let other = Array(candidate.lowercased().utf8.prefix(128))
      guard abs(other.count - wanted.count) <= limit else { continue }
      let distance = distance(wanted, other)
      guard distance <= limit else { continue }
      if let found = best, (found.distance, found.name) <= (distance, candidate) { continue }
      best = (distance, candidate)
    }
    return best?.name
  }

  private static func onlyOne(
    beginningWith name: [UInt8], in candidates: some Sequence<String>
  ) -> String? {
    guard name.count > 1 else { return nil }
    let longer = candidates.filter { $0.lowercased().utf8.starts(with: name) }
    return longer.count == 1 ? longer.first : nil
  }

  /// A hint to append to an error: ` (did you mean "NAME"?)`, or nothing.
  public static func hint(for name: String, in candidates: some Sequence<String>) -> String {
    nearest(to: name, in: candidates).map { " (did you mean \"\($0)\"?)" } ?? ""
  }

  /// The Damerau-Levenshtein distance in its restricted form: no part is edited twice.
  static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
    var beforeLast: [Int] = []
    var last = Array(0...right.count)
    for i in left.indices {
      var row = [i + 1]
      row.reserveCapacity(right.count + 1)
      for j in right.indices {
        let same = left[i] == right[j]
        var cost = min(last[j + 1] + 1, row[j] + 1, last[j] + (same ? 0 : 1))
        if i > 0, j > 0, left[i] == right[j - 1], left[i - 1] == right[j] {
          cost = min(cost, beforeLast[j - 1] + 1)
        }
        row.append(cost)
      }
      beforeLast = last
      last = row
    }
    return last[right.count]
  }
}
