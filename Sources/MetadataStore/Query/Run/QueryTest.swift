/// One test of a compiled condition, and where to go on.
struct QueryTest {
  enum Operation: UInt8 {
    case exists, isNull, compare, among, prefix, contains, has, under, words
  }

  /// A place to go on at that is no test: the condition is true.
  static let accepts: Int32 = -1
  /// A place to go on at that is no test: the condition is false.
  static let rejects: Int32 = -2

  let operation: Operation
  /// For `compare`: 1 for less, 2 for equal, 4 for greater, added.
  var relation: UInt8 = 0
  /// Of the constant; of text tests that which the field must have.
  var kind: PackedKind = .null
  /// What is looked at.
  let slot: Int32
  /// The test to go on at when it is true.
  var yes: Int32 = accepts
  /// The test to go on at when it is false.
  var no: Int32 = rejects
  /// Where the constant lies among the constants; of `among` the first entry in the table of them.
  var constant: Int32 = 0
  /// Constants of `among`, bytes of text, or words of `words`.
  var count: Int32 = 0
  /// The number of an `int` or `date`.
  var number: Int64 = 0
}
