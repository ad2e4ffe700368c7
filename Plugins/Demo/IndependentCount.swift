/// What `wc` and `awk` count in a log.
struct IndependentCount: Equatable {
  /// Lines, by `wc`.
  let lines: UInt64
  /// Lines by action, by `awk`.
  let actions: [String: UInt64]
  /// Different packages, by `awk`.
  let packages: Int

  private static let isEntry = #"""
    $1 ~ /^[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]$/ && $2 ~ /^[0-9][0-9]:[0-9][0-9]:[0-9][0-9]$/ && NF > 2
    """#

  /// Counts the beginning of a log.
  ///
  /// - Parameters:
  ///   - log: The file.
  ///   - bytes: How much of it; whole lines.
  /// - Throws: When a program failed.
  init(_ log: String, bytes: Int) throws(DemoError) {
    let head = "head -c \(bytes) -- \"$1\""
    lines = UInt64(try Shell.run("\(head) | wc -l", log).filter(\.isNumber)) ?? 0
    let entry = IndependentCount.isEntry
    let counted = try Shell.run(
      "\(head) | awk '\(entry) { n[$3]++ } END { for (a in n) print a, n[a] }'", log)
    var actions: [String: UInt64] = [:]
    for line in counted.split(separator: "\n") {
      let words = line.split(separator: " ")
      if words.count == 2 { actions[String(words[0])] = UInt64(words[1]) }
    }
    self.actions = actions
    let names = try Shell.run(
      """
      \(head) | awk '\(entry) && $3 != "startup" && $3 != "conffile" \
      { p = $3 == "status" ? $5 : $4; if (p != "") n[p] } END { c = 0; for (p in n) c++; print c }'
      """, log)
    packages = Int(names.filter(\.isNumber)) ?? 0
  }
}
