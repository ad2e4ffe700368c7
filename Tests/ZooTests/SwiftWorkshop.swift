import FoundationEssentials
import HostSupport
import Synchronization
import TestSupport

/// Builds the zoo's Swift plugins: each source once for each header and list of flags, each manifest put into a copy of it.
enum SwiftWorkshop {
  private static let folder = TemporaryDirectory()
  private static let images = Mutex<[[String]: String]>([:])

  /// Builds a Swift source of the zoo's with a manifest.
  ///
  /// - Parameters:
  ///   - source: The file's name without its ending.
  ///   - manifest: The text to embed.
  ///   - include: Where the ABI's header lies.
  ///   - flags: For the compiler.
  /// - Returns: The path of the shared object; its hash is its manifest's and the build's.
  /// - Throws: `Workshop.Failure` with the output of what failed.
  static func build(
    _ source: String, _ manifest: String, include: String = Workshop.include, _ flags: [String] = []
  ) throws -> String {
    let image = try compile([source, include] + flags)
    let work = TemporaryDirectory()
    let manifest = try withToolchain(manifest)
    try Data(manifest.utf8).write(to: URL(filePath: work.file("plugin.json")))
    let hash = SHA256Digest.of(Array("\(image) \(manifest)".utf8))
    let output = folder.file("\(hash).so")
    try Workshop.run([
      "objcopy", "--add-section", "dovetail_manifest=\(work.file("plugin.json"))",
      "--set-section-flags", "dovetail_manifest=contents,readonly", image, output,
    ])
    return output
  }

  /// Adds what the embedding tool would write, where the test does not say otherwise.
  private static func withToolchain(_ manifest: String) throws -> String {
    guard !manifest.contains("\"toolchain\""), manifest.hasSuffix("}") else { return manifest }
    return "\(manifest.dropLast()), \"toolchain\": \"\(try toolchain.get())\"}"
  }

  private static let toolchain = Result<String, Workshop.Failure> { () throws(Workshop.Failure) in
    let asked = Program.run(["/usr/bin/env", "swiftc", "--version"])
    let words = asked.output.split(separator: " ").map(String.init)
    guard let at = words.firstIndex(of: "version"), at + 1 < words.count else {
      throw Workshop.Failure(description: asked.output)
    }
    return "swift \(words[at + 1])"
  }

  private static func compile(_ arguments: [String]) throws -> String {
    try images.withLock { images in
      if let known = images[arguments] { return known }
      let output = folder.file("\(images.count).so")
      let script = [
        "\(Workshop.fixtures)/SwiftBuild.sh", "\(Workshop.fixtures)/\(arguments[0]).swift",
      ]
      let built = Program.run(script + arguments[1...] + ["-o", output])
      guard built.status == 0 else { throw Workshop.Failure(description: built.output) }
      images[arguments] = output
      return output
    }
  }

  /// A copy of the header as a later minor revision might have it: `dvt_event` has one more member at its end.
  ///
  /// - Parameter tag: The struct's tag; the ABI demands a new one.
  /// - Returns: The folder.
  /// - Throws: The system's error.
  static func newerHeader(tag: String) throws -> String {
    let include = folder.file("include-\(tag)")
    guard !FileManager.default.fileExists(atPath: include) else { return include }
    try FileManager.default.copyItem(atPath: Workshop.include, toPath: include)
    let path = URL(filePath: "\(include)/dovetail/events.h")
    let text = String(decoding: try Data(contentsOf: path), as: UTF8.self)
    let newer =
      text
      .replacing("typedef struct dvt_event_r1 {", with: "typedef struct \(tag) {")
      .replacing(
        "} dvt_event;", with: "  uint64_t hops; /* plugins that it came through */\n} dvt_event;")
    try Data(newer.utf8).write(to: path)
    return include
  }
}

/// A creature of `SwiftCreature.swift`: what it does, and where.
struct SwiftCreature {
  var id = "bad"
  var version = "1.0.0"
  var tag = "one"
  var deed = "nothing"
  var place = "nowhere"
  /// How often it pokes everybody when all have started.
  var pokes = 0
  /// Milliseconds between two pokes by its timer; 0 for none.
  var beat = 0
  /// Further members of its manifest.
  var more = ""

  /// The path of its shared object.
  func build() throws -> String {
    let settings = [("tag", tag), ("deed", deed), ("place", place)].map {
      #""\#($0)": {"type": "string", "default": "\#($1)"}"#
    }
    let numbers = [("pokes", pokes), ("beat", beat)].map {
      #""\#($0)": {"type": "integer", "default": \#($1)}"#
    }
    let properties = (settings + numbers).joined(separator: ", ")
    let config = #""config": {"type": "object", "properties": {\#(properties)}}"#
    let permissions = #""permissions": {"publish": ["zoo.poke"]}"#
    let members = [config, permissions] + (more.isEmpty ? [] : [more])
    let manifest = Workshop.manifest(id, members.joined(separator: ", "), version: version)
    return try SwiftWorkshop.build("SwiftCreature", manifest)
  }
}

extension Zoo {
  /// Builds a Swift creature and puts it into the folder, under its id.
  func add(_ creature: SwiftCreature) throws {
    try place(try creature.build(), as: "\(creature.id).so")
  }
}
