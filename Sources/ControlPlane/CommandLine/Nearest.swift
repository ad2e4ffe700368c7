/// The known word that somebody most likely meant.
public enum Nearest {
  /// The candidate with the fewest edits from `word`, at most a third of its length (at least 2); ties by alphabet.
  /// A word that only one candidate begins with means that one.
  public static func to(_ word: String, among candidates: some Sequence<String>) -> String? {
    let longer = candidates.filter { word.count > 1 && $0.hasPrefix(word) }
    if longer.count == 1 { return longer.first }
    let limit = max(2, word.count / 3)
    return candidates.map { (distance(word, $0), $0) }.filter { $0.0 <= limit }.min { $0 < $1 }?.1
  }

  /// How many characters must be inserted, removed, replaced or swapped with their neighbour.
  static func distance(_ left: String, _ right: String) -> Int {
    let a = Array(left)
    let b = Array(right)
    var beforeLast: [Int] = []
    var last = Array(0...b.count)
    for i in 0..<a.count {
      var row = [i + 1]
      for j in 0..<b.count {
        var best = min(last[j] + (a[i] == b[j] ? 0 : 1), last[j + 1] + 1, row[j] + 1)
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
          best = min(best, beforeLast[j - 1] + 1)
        }
        row.append(best)
      }
      beforeLast = last
      last = row
    }
    return last[b.count]
  }
}
