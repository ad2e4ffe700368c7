import HostSupport
import PluginHost

/// What `dovetail help` prints.
public struct HelpTopics: Sendable {
  private let commands: [Command]

  /// Knows these commands.
  public init(commands: [Command]) {
    self.commands = commands
  }

  /// The help of the command that the words choose, of one of the other topics, or of everything.
  public func text(for words: [String]) throws(CommandFailure) -> String {
    guard let first = words.first else { return Program.overview(commands) }
    if first == "exit-codes" { return HelpTopics.exitCodes }
    if first == "configuration" { return HelpTopics.configuration }
    if first == "trust" { return HelpTopics.trust }
    var command: Command?
    var candidates = commands
    for word in words {
      guard let found = candidates.first(where: { $0.word == word }) else {
        let near = Spelling.nearest(to: word, in: candidates.map(\.word) + HelpTopics.others)
        throw .usage(
          "there is no help on \"\(Printable.clean(words.joined(separator: " ")))\"",
          advice: near.map { "did you mean \"\($0)\"?" } ?? "see `dovetail help`")
      }
      command = found
      candidates = found.subcommands
    }
    return command?.help ?? Program.overview(commands)
  }

  /// Topics that are no commands.
  static let others = ["configuration", "exit-codes", "trust"]

  /// Every key of the configuration.
  static var configuration: String {
    "The configuration is JSON5: `dovetail run --config FILE`, or $DOVETAIL_CONFIG, or ./dovetail.json.\n"
      + "The environment overrides the file, flags override both. Keys with a dot are members of an object: { \"probation\": { \"seconds\": 10 } }.\n\n"
      + Command.columns(
        ConfigurationKey.all.map { key in
          let atStart = HostConfiguration.keysOfStart.contains(key.path) ? "; at start" : ""
          return (key.path, "\(key.meaning) (\(key.allowed); \(key.variable)\(atStart))")
        }) + "\nSIGHUP applies all but those marked \"at start\" to a running host.\n"
  }

  /// How plugins are signed and listed.
  static var trust: String {
    """
    A host maps files that its own user or root owns and nobody else can write to. It can ask for more:

      trust.hashes              a file of lines as sha256sum prints them: all of a plugin's files must be in it
      trust.keys                files of public keys: NAME.so.sig, where it is there, must be a signature by one of them
      trust.requireSignatures   every plugin must be signed (or: dovetail run --require-signatures)

    To make a key, to sign a plugin with its libraries, and to see what a host says of it:

      openssl genpkey -algorithm ed25519 -out private.pem
      openssl pkey -in private.pem -pubout -out release.pem
      dovetail inspect NAME.so --statement > NAME.so.sums
      openssl pkeyutl -sign -inkey private.pem -rawin -in NAME.so.sums -out NAME.so.sig
      dovetail inspect NAME.so

    The statement is what `sha256sum` prints for NAME.so, its own libraries and its sidecar manifest, in the
    plugin's folder; only NAME.so.sig is installed beside the plugin.

    """
  }

  /// The exit status, one number a line.
  static var exitCodes: String {
    "The exit status of dovetail:\n\n"
      + Command.columns(ExitCode.allCases.map { ("\($0.rawValue)", $0.meaning) })
      + "\nThe numbers are stable. With --json, a failure is an object on standard error whose\n"
      + "\"code\" says more.\n"
  }
}
