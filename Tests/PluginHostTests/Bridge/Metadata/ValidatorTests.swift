import HostSupport
import MetadataStore
import Synchronization
import TestSupport
import Testing

@testable import PluginHost

extension HostSuite {
  /// `dovetail.validators/1`, called by plugins in C.
  @Suite("has plugins judge writes", .serialized)
  struct Validators {
    /// A plugin that judges `orders`; `body` may use `r` (the review), `p` (its first proposal), `a` and `s`.
    private static func clerk(
      _ body: String, id: String = "clerk", version: String = "1.0.0", options: String = "",
      pattern: String = "orders", permissions: String = #"["orders", "clerk", "clerk.>"]"#
    ) -> ProbePlugin {
      ProbePlugin(id, version: version)
        .with("\"permissions\": {\"metadata\": \(permissions)}")
        .declaring(
          """
          static const dvt_metadata *m;
          static const dvt_validators *vs;
          static int32_t show(void *c, const dvt_record *r) {
            char text[200]; snprintf(text, sizeof text, "%s %.*s = %lld", (const char *)c, (int)r->key.len,
              (const char *)r->key.ptr, (long long)r->value.integer);
            trace(text); return DVT_OK;
          }
          static int32_t amend(const dvt_amending *a, uint64_t place, int64_t number) {
            dvt_value v = {.kind = DVT_VALUE_INT, .integer = number}; return a->amend(a->context, place, &v);
          }
          static int32_t judge(void *c, const dvt_review *r, const dvt_amending *a, const dvt_error_sink *s) {
            const dvt_proposal *p = r->proposals; (void)p;
            \(body)
            return DVT_OK;
          }
          """
        )
        .doing(
          "init",
          """
          m = FACE(DVT_METADATA_INTERFACE, dvt_metadata); vs = FACE(DVT_VALIDATORS_INTERFACE, dvt_validators); dvt_handle h;
          dvt_validation o = {HEADER(dvt_validation), .pattern = S("\(pattern)"), .name = S("v"), \(options)};
          told("validate", vs->validate(host, &o, judge, 0, &h, &errors));
          """)
    }

    @discardableResult
    private func put(
      _ fixture: HostFixture, _ key: String, _ number: Int64, in collection: String = "orders"
    ) throws -> MetadataValue? {
      let store = try fixture.host.core.metadata
      try store.put(
        MetadataWrite(
          collection: collection, key: key, value: .int(number), durability: .memory))
      return store.get(collection, key)?.value
    }

    /// Why a put is refused.
    private func refusal(_ fixture: HostFixture, _ key: String, _ number: Int64) -> String? {
      do { try put(fixture, key, number) } catch { return "\(error)" }
      return nil
    }

    private func validators(_ fixture: HostFixture) throws -> [MetadataReport.Validator] {
      try fixture.host.metadataDesk().report.validators
    }

    private func isLost(_ fixture: HostFixture, _ loss: Loss, by plugin: String) -> Bool {
      fixture.host.core.lost[PluginHost.Losses.Key(loss: loss, plugin: plugin)] != nil
    }

    @Test("which amend and refuse them, and are counted")
    func verdicts() throws {
      let fixture = try HostFixture([
        Self.clerk(
          """
          if (!p->value) return fail(s, "orders are kept");
          if (p->value->integer < 0) return fail(s, "must not be negative");
          if (p->value->integer == 7) return 3;
          if (p->value->integer < 10) {
            dvt_value odd = {.kind = 99};
            if (amend(a, 1, 0) != DVT_INVALID || a->amend(a->context, 0, &odd) != DVT_INVALID) return fail(s, "taken");
            amend(a, 0, 0);
            return amend(a, 0, p->value->integer * 10);
          }
          """)
      ])
      #expect(try put(fixture, "a", 50) == .int(50))
      #expect(try put(fixture, "a", 5) == .int(50))
      #expect(
        refusal(fixture, "a", -1)
          == "validator \"clerk/v\" refused to let orders/a be written: must not be negative")
      #expect(
        refusal(fixture, "a", 7)
          == "validator \"clerk/v\" refused to let orders/a be written: it returned DVT_UNSUPPORTED (3)"
      )
      let error = #expect(throws: MetadataError.self) {
        try fixture.host.core.metadata.remove("orders", "a")
      }
      #expect(error.map { "\($0)" }?.hasSuffix("orders are kept") == true)
      #expect(try put(fixture, "a", -1, in: "bills") == .int(-1))
      let one = try #require(try validators(fixture).first)
      #expect(one.name == "clerk/v" && one.pattern == "orders")
      #expect([one.reviews, one.amendments, one.vetoes, one.failures] == [5, 1, 3, 0])
      #expect(isLost(fixture, .vetoed, by: "clerk"))
    }

    @Test("seeing what is there, what would be, and a snapshot, but writing nothing themselves")
    func sees() throws {
      let plugin = Self.clerk(
        """
        char text[200]; snprintf(text, sizeof text, "%d of %.*s revision %d", (int)r->proposal_count,
          (int)p->collection.len, (const char *)p->collection.ptr, (int)r->revision); trace(text);
        for (uint64_t i = 0; i < r->proposal_count; i++) {
          if (p[i].record) show("was", p[i].record);
          if (p[i].value) { snprintf(text, sizeof text, "will %.*s = %d", (int)p[i].key.len, (const char *)p[i].key.ptr,
            (int)p[i].value->integer); trace(text); }
        }
        m->snapshot_get(host, r->snapshot, S("orders"), S("a"), show, "holds", &errors);
        dvt_listing all = {HEADER(dvt_listing), .collection = S("orders"), .snapshot = r->snapshot};
        m->list_page(host, &all, show, "lists", &errors);
        dvt_write w = {HEADER(dvt_write), .collection = S("clerk"), .key = S("log")};
        told("put", m->put(host, &w, 0, 0, 0, &errors));
        told("flush", m->flush(host, DVT_DURABILITY_DISK, &errors));
        last = r->snapshot;
        """)
      let fixture = try HostFixture([
        plugin.declaring("")
          .doing("pre_init", "")
          .doing(
            "post_init",
            """
            dvt_write w = {HEADER(dvt_write), .collection = S("orders"), .key = S("a"),
              .value = {.kind = DVT_VALUE_INT, .integer = 1}}, x = w;
            x.key = S("b"); w.value.integer = 2;
            const dvt_write *both[] = {&w, &x};
            dvt_transaction t = {HEADER(dvt_transaction), .writes = both, .write_count = 2};
            m->put(host, &x, 0, 0, 0, &errors); m->put(host, &w, 0, 0, 0, &errors);
            trace("--");
            told("transact", m->transact(host, &t, 0, 0, 0, 0, &errors));
            told("later", m->snapshot_get(host, last, S("orders"), S("a"), show, "holds", &errors));
            """
          ).declaringFirst("static dvt_handle last;")
      ])
      let lines = fixture.trace(of: "clerk")
      let start = try #require(lines.firstIndex(of: "--"))
      let own =
        "a validator cannot write while it judges, for the write would wait for itself; amend what it is "
        + "shown, or write when a watch tells that it was committed"
      #expect(
        Array(lines[(start + 1)...]).map { $0.replacing(/handle \d+/, with: "handle") } == [
          "2 of orders revision 2", "was a = 2", "will a = 2", "was b = 1", "will b = 1",
          "holds a = 2", "lists a = 2", "lists b = 1", "put 11 \(own)", "flush 11 \(own)",
          "transact 0", "later 6 handle names no open snapshot of clerk (generation 1)",
        ])
    }

    @Test("refusing a write when one crashes, by its name, and taking it out of service")
    func crashes() throws {
      let fixture = try HostFixture([Self.clerk("if (p->value->integer == 13) __builtin_trap();")])
      #expect(try put(fixture, "a", 1) == .int(1))
      #expect(
        refusal(fixture, "a", 13)
          == "validator \"clerk/v\" crashed while it judged orders/a, so nothing was written; correct the "
          + "plugin clerk, or unload it")
      #expect(isLost(fixture, .writeUnjudged, by: "clerk"))
      #expect(try fixture.wait { try validators(fixture).isEmpty })
      #expect(try put(fixture, "a", 13) == .int(13))
      #expect(fixture.log.contains { $0.contains("clerk/v") && $0.contains("could not judge") })
    }

    @Test("not waiting longer than the budget, and suspending who is late again and again")
    func budget() throws {
      let slow = "if (p->value->integer == 1) { usleep(150000); }"
      let fixture = try HostFixture([Self.clerk(slow, options: ".budget_ms = 50")])
      #expect(
        refusal(fixture, "a", 1)?.hasPrefix(
          "validator \"clerk/v\" did not judge orders/a within its budget of 50 ms") == true)
      let isSuspended = fixture.wait {
        _ = refusal(fixture, "a", 1)
        return self.isSuspended(fixture)
      }
      #expect(isSuspended)
      #expect(try put(fixture, "c", 3) == .int(3))
      #expect(try validators(fixture)[0].skipped > 0)
      // Another build is asked again.
      try fixture.replace(
        Self.clerk("return fail(s, \"no\");", version: "2.0.0", options: ".budget_ms = 5000"))
      #expect(refusal(fixture, "a", 2)?.hasSuffix("no") == true)
      #expect(try validators(fixture).map(\.isSuspended) == [false])
    }

    private func isSuspended(_ fixture: HostFixture) -> Bool {
      (try? validators(fixture))?.first?.isSuspended == true
    }

    @Test("letting nothing pass a required one that is suspended")
    func required() throws {
      let fixture = try HostFixture([
        Self.clerk(
          "while (!is_there(\"go\")) usleep(1000);",
          options: ".budget_ms = 20, .flags = DVT_VALIDATION_REQUIRED"
        ).declaringFirst(
          """
          static int is_there(const char *name) {
            char path[400]; snprintf(path, sizeof path, "%s.%s", TRACE, name); return !access(path, F_OK);
          }
          """)
      ])
      for _ in 0..<ValidatorRegistry.mostOverruns { _ = refusal(fixture, "a", 1) }
      #expect(refusal(fixture, "a", 1)?.contains("is suspended") == true)
      try TestFile.write(fixture.directory.file("trace.go"))
    }

    @Test("one of a name through a reload, which loses no write and lets none pass unseen")
    func reload() throws {
      func build(_ version: Int) -> ProbePlugin {
        Self.clerk("return amend(a, 0, \(version));", version: "\(version).0.0")
      }
      let fixture = try HostFixture([build(1)])
      let isOver = Atomic(false)
      let failures = Mutex<[String]>([])
      let writer = try Thread(name: "writer") { [host = fixture.host] in
        var key = 0
        while !isOver.load(ordering: .relaxed) {
          key += 1
          do {
            try host.core.metadata.put(
              MetadataWrite(
                collection: "orders", key: "\(key)", value: .int(0), durability: .memory))
          } catch {
            failures.withLock { $0.append("\(error)") }
          }
        }
      }
      for version in 2...6 { try fixture.replace(build(version)) }
      let before = try validators(fixture)[0].reviews
      #expect(try fixture.wait { try validators(fixture)[0].reviews > before + 10 })
      isOver.store(true, ordering: .relaxed)
      writer.join()
      #expect(failures.withLock { $0 } == [])
      let values = try fixture.host.core.metadata.snapshot.list("orders").map(\.value)
      let seen = Set(values.map { $0.json.text() })
      #expect(!seen.contains("0") && seen.isSubset(of: ["1", "2", "3", "4", "5", "6"]))
      #expect(try validators(fixture).map(\.name) == ["clerk/v"])
      #expect(try validators(fixture)[0].reviews >= values.count)
      #expect(try put(fixture, "last", 0) == .int(6))
    }

    @Test(
      "through a reload also what the build writes as it becomes quiet", .timeLimit(.minutes(1)))
    func quiesces() throws {
      let first = Self.clerk("return amend(a, 0, 11);").doing(
        "quiesce",
        """
        dvt_write w = {HEADER(dvt_write), .collection = S("orders"), .key = S("q"), .value = {.kind = DVT_VALUE_INT}};
        told("put", m->put(host, &w, 0, 0, 0, &errors));
        """)
      let fixture = try HostFixture([first])
      try fixture.replace(Self.clerk("return amend(a, 0, 12);", version: "2.0.0"))
      #expect(fixture.trace(of: "clerk").contains("put 0"))
      #expect(try fixture.host.core.metadata.get("orders", "q")?.value == .int(11))
      #expect(try put(fixture, "q", 0) == .int(12))
    }

    @Test("as before when a reload fails, or is rolled back", arguments: ["live", "handoff"])
    func givenUp(mode: String) throws {
      func build(_ version: Int) -> ProbePlugin {
        Self.clerk("return amend(a, 0, \(version));", version: "\(version).0.0")
          .with("\"reload\": \"\(mode)\"")
      }
      let fixture = try HostFixture([build(1)]) { $0.probation.seconds = 60 }
      #expect(throws: (any Error).self) {
        try fixture.replace(build(2).doing("post_init", "return DVT_FAILED;"))
      }
      #expect(try put(fixture, "a", 0) == .int(1))
      try fixture.replace(build(3))
      #expect(try put(fixture, "a", 0) == .int(3))
      _ = try fixture.host.rollback("clerk", deadline: .soon)
      #expect(try put(fixture, "a", 0) == .int(1))
      #expect(try validators(fixture).count == 1)
    }

    @Test("until their plugin is unloaded, or takes them back")
    func ends() throws {
      let other = Self.clerk(
        "return fail(s, \"no\");", id: "other", permissions: #"["orders"]"#
      ).doing(
        "post_init", "told(\"release\", vs->release(host, mine, 0, 0, &errors));"
      ).declaringFirst("static dvt_handle mine;").doing("init", "mine = h;")
      let fixture = try HostFixture([Self.clerk("return fail(s, \"no\");"), other])
      #expect(fixture.trace(of: "other").contains("release 0"))
      #expect(try validators(fixture).map(\.name) == ["clerk/v"])
      #expect(refusal(fixture, "a", 1) != nil)
      _ = try fixture.host.unload("clerk", deadline: .soon)
      #expect(try validators(fixture).isEmpty)
      #expect(try put(fixture, "a", 1) == .int(1))
      #expect(fixture.host.table["clerk"]?.unmappedImages == 1)
    }

    @Test("only of collections that the manifest permits, and refuses what is malformed")
    func refuses() throws {
      let plugin = Self.clerk("", pattern: ">").doing(
        "init",
        """
        o.pattern = S("clerk.>"); o.budget_ms = 20000;
        told("budget", vs->validate(host, &o, judge, 0, &h, &errors));
        o.budget_ms = 0; o.flags = 8; told("flags", vs->validate(host, &o, judge, 0, &h, &errors));
        o.flags = 0; told("first", vs->validate(host, &o, judge, 0, &h, &errors));
        told("second", vs->validate(host, &o, judge, 0, &h, &errors));
        o.pattern = S("a..b"); told("pattern", vs->validate(host, &o, judge, 0, &h, &errors));
        o.struct_size = 8; told("size", vs->validate(host, &o, judge, 0, &h, &errors));
        told("null", vs->validate(host, 0, judge, 0, &h, &errors));
        told("function", vs->validate(host, &o, 0, 0, &h, &errors));
        """)
      let fixture = try HostFixture([plugin])
      let lines = fixture.trace(of: "clerk")
      for expected in [
        "validate 7 plugin clerk may not use the collection '>'; add \"permissions\": {\"metadata\": [\">\"]} to its plugin.json",
        "budget 2 budget_ms is 20000, expected 1…10000, or 0 for 1000",
        "flags 2 flags is 8, expected DVT_VALIDATION_… or 0", "first 0",
        "pattern 2 \"a..b\" is no pattern of collections; use segments of A-Z a-z 0-9 _ - joined by dots, * for any one, and > at the end for all that follow",
        "size 2 dvt_validation.struct_size is 8, expected at least 56; set it to sizeof(dvt_validation)",
        "null 2 dvt_validation is NULL", "function 2 validator and out must not be NULL",
      ] { #expect(lines.contains(expected), "\(expected)") }
      #expect(lines.contains { $0.hasPrefix("second 5 ") })
      #expect(try validators(fixture).map(\.pattern) == ["clerk.>"])
    }
  }
}

extension ProbePlugin {
  /// C declarations before those that there are.
  fileprivate func declaringFirst(_ text: String) -> ProbePlugin {
    var copy = self
    copy.globals = text + "\n" + copy.globals
    return copy
  }
}
