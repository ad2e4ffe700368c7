import ControlPlane
import FoundationEssentials
import HostSupport
import MetadataStore
import PluginHost
import TestSupport
import Testing

/// `dovetail meta …`, against a served fake host with a real store in memory.
@Suite struct MetadataCommandTests {
  private let served: Served
  private var store: MetadataStore { served.host.store }

  init() throws {
    served = try Served()
  }

  private func meta(_ words: String...) throws -> Dovetail {
    try Dovetail(["meta"] + words, environment: ["DOVETAIL_SOCKET": served.server.path])
  }

  private func put(_ collection: String, _ key: String, _ value: MetadataValue) throws {
    try store.put(MetadataWrite(collection: collection, key: key, value: value))
  }

  private func people() throws {
    for (key, age, city) in [("ann", 31, "Wien"), ("bob", 25, "Graz"), ("cy", 40, "Wien")] {
      try put("people", key, .map(["age": .int(Int64(age)), "city": .string(city)]))
    }
  }

  @Test func `What was is printed: the history of a record, and a record at a revision`() throws {
    try put("c", "k", .int(1))
    try put("c", "k", .int(2))
    try store.remove("c", "k")
    #expect(
      try meta("history", "c", "k").output == """
        REVISION  CHANGE   VERSION  VALUE
               3  removed        -
               2  updated        2  2
               1  created        1  1

        """)
    #expect(try meta("history", "c", "k", "--limit", "1").output.contains("updated") == false)
    #expect(try meta("get", "c", "k", "--at", "2").output == "2\n")
    let gone = try meta("get", "c", "k", "--at", "3")
    #expect(gone.status == 4)
    #expect(
      gone.errors
        == "error: c/k did not exist at revision 3\n  next: see 'dovetail meta history c k'\n")
    #expect(try meta("get", "c", "k", "--at", "9").status == 2)
  }

  @Test
  func `Records are removed, in a version when one is named, and written with a time to live`()
    throws
  {
    try put("c", "k", .int(1))
    #expect(try meta("delete", "c", "k", "--version", "7").status == 5)
    #expect(try meta("delete", "c", "k").output == "removed c/k at revision 2\n")
    #expect(try meta("delete", "c", "k").status == 4)
    #expect(try meta("put", "c", "k", "1", "--ttl", "3600").status == 0)
    #expect(try #require(store.get("c", "k")?.expires) > LogTime.now())
  }

  @Test func `Queries print records and groups, with parameters and with their plan`() throws {
    try people()
    #expect(
      try meta("query", "from people where city = :city order by age", "--param", "city=Wien")
        .output == """
          KEY  VERSION  VALUE
          ann        1  {"age":31,"city":"Wien"}
          cy         1  {"age":40,"city":"Wien"}

          """)
    #expect(
      try meta(
        "query", "select city, count(), avg(age) from people group by city order by city"
      ).output == """
        city  count()  avg(age)
        Graz  1        25.0
        Wien  2        35.5

        """)
    let explained = try meta("query", "from people where age > ?", "--param", "=30", "--explain")
    #expect(explained.errors.contains("people"))
    let plan = try meta("explain", "from people where age > 30", "--json")
    #expect(plan.output.contains("\"access\" : \"all\""))
    #expect(try meta("query", "from people where age > 99").output == "nothing was found\n")
    let wrong = try meta("query", "from people wehre age > 1")
    #expect(wrong.status == 2)
    #expect(wrong.errors.contains("did you mean \"where\"?"))
    #expect(try meta("query", "from people", "--param", "x").status == 2)
    let lines = try meta("query", "from people limit 2", "--json").output.split(separator: "\n")
    #expect(lines.count == 2)
  }

  @Test func `A query and a listing of more than a page are whole, and a limit counts over pages`()
    throws
  {
    for start in stride(from: 0, to: 2_500, by: 500) {
      try store.transaction(
        (start..<start + 500).map {
          MetadataWrite(collection: "many", key: "k\($0)", value: .int(Int64($0)))
        })
    }
    let found = try meta("query", "from many", "--json").output.split(separator: "\n")
    #expect(found.count == 2_500)
    #expect(
      try meta("query", "from many limit 1700", "--json").output.split(separator: "\n").count
        == 1_700)
    #expect(try meta("list", "many").output.split(separator: "\n").count == 2_501)
    #expect(
      try meta("list", "many", "--after", "k9", "--limit", "3").output.split(separator: "\n").count
        == 4)
  }

  @Test func `Definitions are set, shown and checked`() throws {
    try people()
    let folder = TemporaryDirectory()
    let file = folder.file("people.json")
    try Data(
      #"{"version": 1, "schema": {"type": "object", "properties": {"age": {"type": "integer", "maximum": 35}}}, "migrations": [{"from": 0, "steps": []}]}"#
        .utf8
    ).write(to: URL(filePath: file))
    let check = try meta("schema", "check", "people", file)
    #expect(check.status == 5)
    #expect(check.output.contains("misfits  1\n  cy: "))
    #expect(try meta("schema", "set", "people", file).status == 2)
    try store.remove("people", "cy")
    #expect(
      try meta("schema", "set", "people", file).output
        == "people has version 1 of its definition since revision 5\n")
    #expect(try meta("schema", "show", "people").output.contains("maximum"))
    #expect(try meta("schema", "show").output.contains("people"))
    #expect(try meta("schema", "check", "people").status == 0)
    #expect(try meta("schema", "show", "nothing").status == 4)
    let refused = try Dovetail(
      ["meta", "import", "-", "--dry-run"], environment: ["DOVETAIL_SOCKET": served.server.path])
    #expect(refused.status == 2)
  }

  @Test func `What is exported is imported exactly, with definitions, versions and times`() throws {
    let folder = TemporaryDirectory()
    try put("c", "int", .int(9_007_199_254_740_993))
    try put("c", "bytes", .bytes([0, 255, 10]))
    try put("c", "date", .date(nanoseconds: 1_800_000_000_123_456_789))
    try put("c", "double", .double(3))
    try put("c", "map", .map(["$x": .list([.null, .bool(true), .string("\u{1}é")])]))
    try put("c", "int", .int(-9_007_199_254_740_993))
    try store.put(
      MetadataWrite(
        collection: "c", key: "short", value: .null, expiry: .at(4_000_000_000_000_000_000)))
    try store.define(CollectionDefinition(collection: "d", json: .object(["version": .int(3)])))
    let file = folder.file("all.jsonl")
    let export = try meta("export", file)
    #expect(export.status == 0)
    #expect(export.errors == "exported 7 records at revision 8\n")
    #expect(try meta("export", file).status == 5)

    let other = try Served()
    let environment = ["DOVETAIL_SOCKET": other.server.path]
    let dry = try Dovetail(["meta", "import", file, "--dry-run"], environment: environment)
    #expect(dry.errors == "7 records can be imported\n")
    #expect(other.host.store.snapshot.count == 0)
    let run = try Dovetail(["meta", "import", file], environment: environment)
    #expect(run.errors == "imported 7 records; they are on the disk\n")
    for record in store.snapshot.list("c") {
      let copy = other.host.store.get("c", record.key)
      #expect(copy?.value == record.value && copy?.version == record.version)
      #expect(copy?.expires == record.expires)
    }
    #expect(other.host.store.definition(of: "d") == store.definition(of: "d"))
  }

  @Test func `A dry import names every line that would be refused, and writes nothing`() throws {
    let folder = TemporaryDirectory()
    let file = folder.file("lines.jsonl")
    try store.define(
      CollectionDefinition(
        collection: "cities",
        json: JSON(parsing: Array(#"{"version": 1, "schema": {"type": "string"}}"#.utf8))))
    try people()
    func line(_ collection: String, _ key: String, _ value: String) -> String {
      #"{"collection": "\#(collection)", "key": "\#(key)", "value": \#(value)}"#
    }
    let ages = #"{"version": 1, "schema": {"properties": {"age": {"type": "integer"}}}}"#
    let strict =
      #"{"version": 1, "migrations": [{"from": 0, "steps": []}], "schema": {"properties": {"age": {"type": "integer", "maximum": 35}}}}"#
    let lines = [
      #"{"format": "dovetail.metadata", "version": 1}"#,
      line("dovetail.collections", "ages", ages), line("dovetail.collections", "people", strict),
      line("dovetail.collections", "odd", #"{"version": 1, "shema": {}}"#),
      line("ages", "a", #"{"age": 4}"#), line("ages", "b", #"{"age": "4"}"#), "",
      line("cities", "w", #""Wien""#), line("cities", "n", "4"), #"{"key": "x"}"#,
    ]
    let many = (0..<6_000).map { line("ages", "m\($0)", #"{"age": \#($0)}"#) }
    try Data((lines + many + [line("ages", "z", #"{"age": 0.5}"#)]).joined(separator: "\n").utf8)
      .write(to: URL(filePath: file))
    let before = store.snapshot.revision
    let run = try meta("import", file, "--dry-run")
    #expect(run.status == 5)
    #expect(run.errors == "6 of 6009 records would be refused\n")
    let told = run.output.split(separator: "\n")
    #expect(
      told.map { String($0.prefix { $0 != ":" }) } == [3, 4, 6, 9, 10, 6_011].map { "line \($0)" })
    #expect(told[0].contains("people/cy, which is there, would not fit version 1"), "\(told)")
    #expect(told[1].contains("/shema"), "\(told)")
    #expect(told[2].contains("ages/b does not fit the definition of ages: /age"), "\(told)")
    #expect(told[4].contains("a record is an object with"), "\(told)")
    #expect(store.snapshot.revision == before)
    let json = try meta("import", file, "--dry-run", "--json")
    let report = try JSON(parsing: Array(json.output.utf8))
    #expect(report["refused"]?.int == 6)
    #expect(report["refusals"]?.array?.last?["place"]?.int == 6_011)
    // What is said is what would happen.
    #expect(try meta("import", file).status == 2)
  }

  @Test(
    "A definition that is no file is refused with what was probably meant",
    arguments: [
      (
        #"{"version": 1}"#, 2,
        "error: FILE is the definition itself, not the name of a file\n"
          + "  next: save it to a file and name that, or give - and write it to standard input\n"
      ),
      (
        "/nowhere/people.json", 4,
        "error: open /nowhere/people.json: No such file or directory\n"
          + "  next: name a file that has JSON, or give - and write it to standard input\n"
      ),
    ])
  func noFile(_ operand: String, _ status: Int32, _ errors: String) throws {
    for command in ["set", "check"] {
      let run = try meta("schema", command, "people", operand)
      #expect(run.status == status)
      #expect(run.errors == errors)
    }
  }

  @Test func `A definition comes from standard input`() throws {
    let run = try Dovetail(
      program: "/bin/sh",
      [
        "-c", "echo '{\"version\": 4}' | \(Dovetail.buildFolder)/dovetail meta schema set people -",
      ],
      environment: ["DOVETAIL_SOCKET": served.server.path])
    #expect(run.output == "people has version 4 of its definition since revision 1\n")
    #expect(store.definition(of: "people")?.version == 4)
  }

  @Test(
    "A file that was cut off, changed, or written by a newer program is refused",
    arguments: [
      ("cut", "the file ends after 1 of 2 records: it was cut off"),
      ("changed", "line 4: the hash of the lines before is another"),
      ("newer", "line 1: the format has version 2"), ("empty", "the file is empty"),
      ("other", "line 1: the first line is"),
    ])
  func damage(_ kind: String, _ message: String) throws {
    let folder = TemporaryDirectory()
    var lines = RecordLines.Writer()
    let record = RecordReport(
      collection: "c", key: "k", value: .int(1), version: 1, created: 1, modified: 1)
    var bytes = lines.first(revision: 1, records: 2) + lines.record(record)
    if kind != "cut" { bytes += lines.record(record) + lines.last() }
    var text = String(decoding: bytes, as: UTF8.self)
    switch kind {
    case "changed": text = text.replacing("\"value\":1", with: "\"value\":2")
    case "newer": text = text.replacing("\"version\":1}", with: "\"version\":2}")
    case "empty": text = ""
    case "other": text = "{}\n"
    default: break
    }
    let file = folder.file("f")
    try Data(text.utf8).write(to: URL(filePath: file))
    let run = try meta("import", file, "--dry-run")
    #expect(run.status == 2)
    #expect(run.errors.contains(message), "\(run.errors)")
  }

  @Test func `A backup is restored exactly into a state directory that no host uses`() throws {
    let folder = TemporaryDirectory()
    try people()
    try put("people", "ann", .int(7))
    let file = folder.file("backup.jsonl")
    let backup = try meta("backup", file)
    #expect(backup.output == "3 records at revision 4 are in \(file)\n")
    #expect(try meta("backup", file).status == 5)
    let state = folder.file("state")
    let restore = try Dovetail(["meta", "restore", file, "--state", state])
    #expect(restore.status == 0, "\(restore.errors)")
    #expect(restore.output == "restored 3 records at revision 4 into \(state)\n")
    let provider = FileProvider(path: state + "/store")
    var restored: [MetadataRecord] = []
    let report = try provider.load { restored.append($0) }
    try provider.close()
    #expect(report.revision >= 4)
    #expect(restored.sorted { $0.key < $1.key } == store.snapshot.list("people"))
    let again = try Dovetail(["meta", "restore", file, "--state", state])
    #expect(again.status == 5)
    #expect(again.errors.contains("has records already"))
  }

  @Test func `Figures tell of collections and of snapshots that plugins hold`() throws {
    try people()
    let text = try meta("stats").output
    #expect(text.contains("provider") && text.contains("3 writes"))
    #expect(text.contains("snapshots") && text.contains("reader 2"))
    #expect(text.contains("people"))
    #expect(try meta("flush").output == "everything up to revision 3 is on the disk\n")
    #expect(try meta("stats", "--json").output.contains("\"records\" : 3"))
  }
}
