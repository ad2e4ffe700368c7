import HostSupport

/// A plugin that does what its setting `deed` says when it hears `zoo.poke`: one file a language, its deed in a manifest beside it.
struct Mischief {
  enum Language: String, CaseIterable {
    case c = "C"
    case cPlusPlus = "C++"
    case swift = "Swift"
  }

  var id = "bad"
  var deed: String
  var language: Language
  /// What the deed `all` of C and C++ does in turn.
  var order: [String] = []
  /// How often it pokes everybody when all have started.
  var rounds = 0

  private static let flags = [
    "-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-Werror", "-D_GNU_SOURCE",
    "-D_FORTIFY_SOURCE=2", "-I\(Workshop.include)",
  ]

  private static func image(_ language: Language) throws -> String {
    let mischief = "\(Workshop.fixtures)/mischief.c"
    guard language == .cPlusPlus else {
      return try Workshop.shared.build(["cc"] + flags + [mischief])
    }
    return try Workshop.shared.build(
      ["c++"] + flags
        + ["-DCPLUSPLUS", "-x", "c", mischief, "-x", "c++", "\(Workshop.fixtures)/misdeeds.cpp"])
  }

  private var manifest: String {
    let text = [("deed", deed), ("order", order.joined(separator: ","))].map {
      #""\#($0)": {"type": "string", "default": "\#($1)"}"#
    }
    let properties =
      (text + [#""rounds": {"type": "integer", "default": \#(rounds)}"#]).joined(separator: ", ")
    return Workshop.manifest(
      id,
      #""config": {"type": "object", "properties": {\#(properties)}}, "#
        + #""permissions": {"publish": ["zoo.>"], "services": ["witness.>"]}"#)
  }

  /// Puts it into a host's folder.
  func place(in zoo: Zoo) throws {
    guard language != .swift else {
      let place = deed.hasPrefix("task ") ? "task" : "sync"
      let deed = deed.hasPrefix("task ") ? String(deed.dropFirst(5)) : deed
      return try zoo.add(SwiftCreature(id: id, deed: deed, place: place, pokes: rounds))
    }
    try zoo.write(Array(manifest.utf8), as: "\(id).plugin.json")
    try zoo.place(try Self.image(language), as: "\(id).so")
  }
}
