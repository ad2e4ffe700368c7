/// What the demonstration is given.
struct DemoArguments {
  /// The host's executable.
  private(set) var dovetail = ""
  /// What `Plugins/build.sh` made.
  private(set) var plugins = ""
  /// The log to read.
  private(set) var log = ""

  /// Reads the command line.
  ///
  /// - Throws: The usage, when an argument is missing or unknown.
  init(_ arguments: ArraySlice<String>) throws(DemoError) {
    var rest = arguments
    while let name = rest.popFirst() {
      guard let value = rest.popFirst() else { throw DemoArguments.usage }
      switch name {
      case "--dovetail": dovetail = value
      case "--plugins": plugins = value
      case "--log": log = value
      default: throw DemoArguments.usage
      }
    }
    if dovetail.isEmpty || plugins.isEmpty || log.isEmpty { throw DemoArguments.usage }
  }

  private static let usage = DemoError(
    "usage: dovetail-demo --dovetail PATH --plugins DIR --log PATH ('make demo LOG=PATH' does it)",
    status: 2)
}
