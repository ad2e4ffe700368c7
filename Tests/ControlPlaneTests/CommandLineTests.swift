import FoundationEssentials
import Glibc
import HostSupport
import TestSupport
import Testing

@testable import ControlPlane

/// Runs the built `dovetail` as a process, without a host.
@Suite struct CommandLineTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let words: String
    let status: Int32
    let errors: String
    var testDescription: String { "dovetail \(words)" }
    init(_ words: String, _ status: Int32, _ errors: String) {
      self.words = words
      self.status = status
      self.errors = errors
    }
  }

  @Test(
    "names what is wrong with a command line, and the next step",
    arguments: [
      Case(
        "lst", 2, "error: dovetail has no command \"lst\"\n  next: did you mean \"list\"?\n"),
      Case(
        "frobnicate", 2,
        "error: dovetail has no command \"frobnicate\"\n  next: see `dovetail --help`\n"),
      Case(
        "quarantine lsit", 2,
        "error: dovetail quarantine has no command \"lsit\"\n  next: did you mean \"list\"?\n"),
      Case("quarantine", 2, "error: dovetail quarantine needs one of: list, why, clear\n"),
      Case(
        "list --jsno", 2,
        "error: dovetail list has no flag --jsno\n  next: did you mean --json?\n"),
      Case(
        "--jsno list", 2, "error: dovetail has no flag --jsno\n  next: did you mean --json?\n"),
      Case(
        "list --frobnicate", 2,
        "error: dovetail list has no flag --frobnicate\n  next: see `dovetail list --help`\n"),
      Case(
        "list -x", 2, "error: dovetail list has no flag -x\n  next: see `dovetail list --help`\n"),
      Case(
        "list --n x", 2,
        "error: --n could be any of --name, --no-color\n  next: write it out\n"),
      Case(
        "list --name", 2,
        "error: --name NAME needs a value\n  next: see `dovetail list --help`\n"),
      Case(
        "list --no-color=x", 2,
        "error: --no-color takes no value\n  next: see `dovetail list --help`\n"),
      Case(
        "list --name a/b", 2,
        "error: \"a/b\" is no name for a host\n  next: use letters, digits, \".\", \"_\" and \"-\"\n"
      ),
      Case(
        "list extra", 2,
        "error: dovetail list does not know what to do with \"extra\"\n"
          + "  next: usage: dovetail list [FLAGS]\n"),
      Case(
        "meta get c", 2,
        "error: dovetail meta get needs KEY\n"
          + "  next: usage: dovetail meta get COLLECTION KEY [FLAGS]\n"),
      Case(
        "list --timeout 0", 2, "error: --timeout must be an integer from 1 to 600000, not \"0\"\n"),
      Case(
        "run --log-level warn", 2,
        "error: --log-level must be trace, debug, info, warning or error, not \"warn\"\n"
          + "  next: did you mean warning?\n"),
      Case("run --watch --no-watch", 2, "error: --watch and --no-watch exclude each other\n"),
      Case(
        "publish a --data x --data-file y", 2,
        "error: --data and --data-file exclude each other\n"),
      Case(
        "publish a --data x --content-type application/json", 2,
        "error: the data is not valid JSON: line 1, column 1: expected a value, found 'x'\n"
          + "  next: give its --content-type, or correct it\n"),
      Case(
        "meta put c k {x}", 2,
        "error: VALUE is not valid JSON: line 1, column 2: expected a name in double quotes or"
          + " \"}\", found 'x'\n  next: quote it as JSON, or add --string\n"),
      Case(
        "publish a --data-file /nonexistent/x", 4,
        "error: open /nonexistent/x: No such file or directory\n"),
      Case(
        "quarantine clear", 2, "error: dovetail quarantine clear needs either ID|HASH or --all\n"),
      Case(
        "completions tcsh", 2,
        "error: there is no completion script for \"tcsh\"\n  next: choose bash, zsh or fish\n"),
      Case(
        "help exit-code", 2,
        "error: there is no help on \"exit-code\"\n  next: did you mean \"exit-codes\"?\n"),
      Case(
        "list --socket /nonexistent/s", 3,
        "error: no host answers at /nonexistent/s (No such file or directory)\n"
          + "  next: start one with `dovetail run --plugins DIR`, or name it with --name, --state"
          + " or --socket\n"),
      Case(
        "--socket /nonexistent/s list --json", 3,
        """
        {
          "error" : {
            "advice" : "start one with `dovetail run --plugins DIR`, or name it with --name, \
        --state or --socket",
            "code" : "no-host",
            "exitCode" : 3,
            "message" : "no host answers at /nonexistent/s (No such file or directory)"
          }
        }

        """),
      Case("__complete ids --socket /nonexistent/s", 0, ""),
    ])
  func refusals(one: Case) throws {
    let run = try Dovetail(one.words.split(separator: " ").map(String.init))
    #expect(run.errors == one.errors)
    #expect(run.status == one.status)
    #expect(run.output == "")
  }

  @Test("each problem of a configuration has a line of its own")
  func wrongConfiguration() throws {
    let directory = TemporaryDirectory()
    let file = directory.file("dovetail.json")
    try "{ wach: true, mode: 'x' }".write(toFile: file, atomically: false, encoding: .utf8)
    let run = try Dovetail(["run", "--config", file])
    #expect(
      run.errors == """
        error: \(file): mode: must be one of directory, builtin, both, not the string "x"
          \(file): wach: is no setting of the host (did you mean "watch"?)

        """)
    #expect(run.status == 2)
    #expect(try Dovetail(["run"], environment: ["DOVETAIL_CONFIG": file]).errors == run.errors)
  }

  @Test("the configuration says where the host is, unless a flag does, and how it logs")
  func placeFromConfiguration() throws {
    let directory = TemporaryDirectory()
    let (file, state) = (directory.file("dovetail.json"), directory.file("state"))
    try "{ state: '\(state)', plugins: '/nonexistent' }".write(
      toFile: file, atomically: false, encoding: .utf8)
    _ = try Dovetail(["run", "--config", file])
    #expect(unsafe access("\(state)/journal", F_OK) == 0)
    _ = try Dovetail(["run", "--config", file, "--state", directory.file("other")])
    #expect(unsafe access(directory.file("other/journal"), F_OK) == 0)
  }

  @Test("inspecting a file that is not there is its own exit status")
  func inspectNothing() throws {
    #expect(try Dovetail(["inspect", "/nonexistent.so"]).status == 4)
    #expect(try Dovetail(["inspect", "/etc/passwd"]).status == 5)
  }

  @Test("prints the version in one line, from the command and from the flag")
  func version() throws {
    let run = try Dovetail(["version"])
    #expect(run.output.hasPrefix("dovetail 0.1.0 (plugin ABI 1.0, Swift "))
    #expect(try Dovetail(["--version"]).output == run.output)
    let json = try JSON(parsing: Array(try Dovetail(["version", "--json"]).output.utf8))
    #expect(json["abi"]?.string == "1.0")
  }

  @Test("tells how plugins are signed")
  func trust() throws {
    let run = try Dovetail(["help", "trust"])
    #expect(run.status == 0)
    for word in ["trust.hashes", "openssl pkeyutl -sign", "inspect NAME.so --statement"] {
      #expect(run.output.contains(word))
    }
  }

  @Test("documents every exit status")
  func exitCodes() throws {
    let run = try Dovetail(["help", "exit-codes"])
    #expect(
      run.output == """
        The exit status of dovetail:

          0  everything was done
          1  the operation began and failed
          2  the command line is wrong
          3  no host answers, or the connection broke
          4  there is no such plugin, file, record or service
          5  refused: a rule, a limit, a permission, a dependency or a conflict
          6  time ran out
          7  nobody can answer now; the same command may succeed later
          8  the host died so often that its supervisor gave up

        The numbers are stable. With --json, a failure is an object on standard error whose
        "code" says more.

        """)
  }

  @Test("prints the exact help of a command")
  func help() throws {
    let run = try Dovetail(["quarantine", "clear", "--help"])
    #expect(
      run.output == """
        usage: dovetail quarantine clear [ID|HASH] [FLAGS]

        let quarantined builds be tried again

        flags:
              --all  clear every build

        common flags:
              --name NAME    the host's name (default: "default")
              --state DIR    the host's state directory
              --socket PATH  the host's control socket
              --timeout MS   how long to wait for the host, 1...600000
              --json         print JSON
              --no-color     no colour, even on a terminal
          -h, --help         print this help

        example:
          dovetail quarantine clear com.example.hello

        """)
    #expect(try Dovetail(["help", "quarantine", "clear"]).output == run.output)
    #expect(run.status == 0)
  }

  @Test(
    "every command has help with an example",
    arguments: [
      "run", "list", "info", "why", "graph", "plan", "load", "unload", "reload", "rollback",
      "inspect", "quarantine", "quarantine list", "quarantine why", "quarantine clear", "crashes",
      "crashes list", "crashes show", "events",
      "events dead", "events dead list", "events dead show", "events dead replay",
      "events dead drop", "events subs", "events explain", "events routes",
      "events stats", "events tap", "top",
      "publish", "call", "meta", "meta get", "meta put", "meta list", "meta watch", "meta session",
      "metrics",
      "metrics history",
      "doctor", "stop", "version", "completions", "help",
    ])
  func everyHelp(command: String) throws {
    let run = try Dovetail(command.split(separator: " ").map(String.init) + ["--help"])
    #expect(run.status == 0)
    #expect(run.output.hasPrefix("usage: dovetail \(command)"))
    #expect(run.output.contains("\nexample:\n  dovetail \(command)"))
    #expect(run.output.split(separator: "\n").allSatisfy { $0.utf8.count <= 100 })
  }

  @Test("no command at all is a usage error that shows the overview")
  func nothing() throws {
    let run = try Dovetail([])
    #expect(run.status == 2)
    #expect(run.errors.hasPrefix("usage: dovetail COMMAND [ARGUMENTS] [FLAGS]\n"))
    #expect(!run.errors.contains("__complete"))
    #expect(try Dovetail(["--help"]).output == run.errors)
  }

  @Test("completion scripts pass the shells' own syntax check", arguments: ["bash", "zsh", "fish"])
  func completions(shell: String) throws {
    let directory = TemporaryDirectory()
    let script = try Dovetail(["completions", shell]).output
    for word in [
      "quarantine", "reload", "--dry-run", "--log-level", "__complete ids", "exit-codes",
    ] {
      #expect(script.contains(shell == "fish" ? word.replacing("--", with: "") : word))
    }
    let file = directory.file("script")
    try FileDescriptor.open(file, O_WRONLY | O_CREAT).write(Array(script.utf8))
    // A shell that is not on this machine cannot check: posix_spawn says so.
    guard let check = try? Dovetail(program: shell, ["-n", file]) else { return }
    #expect(check.errors == "")
    #expect(check.status == 0)
  }

  @Test(
    "bash really completes",
    arguments: [
      ("dovetail rel", "reload"), ("dovetail quarantine cl", "clear"),
      ("dovetail reload --dr", "--dry-run"), ("dovetail events de", "dead"),
      ("dovetail events --fo", "--follow"), ("dovetail events dead sh", "show"),
      ("dovetail events dead list --to", "--topic"), ("dovetail run --mode bo", "both"),
      ("dovetail completions f", "fish"), ("dovetail help exit", "exit-codes"),
      ("dovetail --socket SOCKET info h", "hello"),
    ])
  func bashCompletes(line: String, expected: String) throws {
    let served = try Served()
    let line = line.replacing("SOCKET", with: served.server.path)
    let words = line.split(separator: " ").map { "'\($0)'" }
    let script = """
      source <("$DOVETAIL" completions bash); dovetail() { "$DOVETAIL" "$@"; }
      COMP_WORDS=(\(words.joined(separator: " "))); COMP_CWORD=\(words.count - 1)
      _dovetail; echo "${COMPREPLY[@]}"
      """
    let run = try Dovetail(
      program: "bash", ["-c", script],
      environment: ["DOVETAIL": "\(Dovetail.buildFolder)/dovetail"])
    #expect(run.output == "\(expected)\n")
    #expect(run.errors == "")
  }
}
