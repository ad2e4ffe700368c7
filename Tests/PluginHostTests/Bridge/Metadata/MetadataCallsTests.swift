import HostSupport
import MetadataStore
import TestSupport
import Testing

@testable import PluginHost

extension HostSuite {
  /// `dovetail.metadata/2` and `/1`, called by plugins in C.
  @Suite("serves metadata calls", .serialized)
  struct MetadataCalls {
    /// Helpers of every plugin here.
    private static let helpers = """
      static const dvt_metadata *m;
      static int32_t show(void *c, const dvt_record *r) {
        char text[300]; const char *name = c ? c : "record";
        snprintf(text, sizeof text, "%s %.*s kind %u int %lld v%llu r%llu deleted %u flags %u expires %s", name,
          (int)r->key.len, (const char *)r->key.ptr, r->value.kind, (long long)r->value.integer,
          (unsigned long long)r->version, (unsigned long long)r->revision, r->deleted, r->flags,
          r->expires == DVT_NEVER ? "never" : "later");
        trace(text); return DVT_OK;
      }
      static void receipt(void *c, uint64_t index, const dvt_written *w) {
        char text[200];
        snprintf(text, sizeof text, "receipt %d v%d r%d", (int)index, (int)w->version, (int)w->revision);
        trace(text);
      }
      static dvt_write one(const char *key, int64_t number) {
        return (dvt_write){HEADER(dvt_write), .collection = S(ID), .key = {(const uint8_t *)key, strlen(key)},
          .value = {.kind = DVT_VALUE_INT, .integer = number}};
      }
      """

    private static func plugin(_ id: String) -> ProbePlugin {
      ProbePlugin(id).declaring(helpers)
        .doing("init", "m = FACE(DVT_METADATA_INTERFACE, dvt_metadata);")
    }

    /// The trace without the lines of the lifecycle.
    private static func lines(_ fixture: HostFixture, _ id: String) -> [String] {
      fixture.trace(of: id).filter { !$0.hasSuffix("init") }
        .map { $0.hasSuffix(" ") ? String($0.dropLast()) : $0 }
    }

    @Test("doing transactions: conditions, then, else, receipts, and the record in the way")
    func transactions() throws {
      let plugin = Self.plugin("bank").doing(
        "init",
        """
        dvt_write a = one("a", 10), b = one("b", 20), c = one("c", 30);
        const dvt_write *writes[] = {&a, &b}; const dvt_write *others[] = {&c};
        dvt_condition none = {.collection = S(ID), .key = S("a"), .subject = DVT_IF_EXISTS, .number = 0};
        dvt_transaction t = {HEADER(dvt_transaction), .conditions = &none, .condition_count = 1,
          .writes = writes, .write_count = 2, .otherwise = others, .otherwise_count = 1};
        dvt_transacted out = {HEADER(dvt_transacted)};
        told("first", m->transact(host, &t, &out, receipt, show, 0, &errors));
        told("held", (int32_t)out.conditions_held);
        told("second", m->transact(host, &t, &out, receipt, show, 0, &errors));
        told("held", (int32_t)out.conditions_held);
        a.expect = DVT_EXPECT_ABSENT; t.condition_count = 0;
        told("conflict", m->transact(host, &t, &out, receipt, show, "current", &errors));
        dvt_condition more = {.collection = S(ID), .key = S("b"), .subject = DVT_IF_FIELD, .relation = DVT_AT_LEAST,
          .field = S("x"), .value = {.kind = DVT_VALUE_INT, .integer = 1}};
        a.expect = 0; a.flags = DVT_WRITE_REMOVE; t.conditions = &more; t.condition_count = 1; t.otherwise_count = 0;
        told("nothing", m->transact(host, &t, &out, receipt, show, 0, &errors));
        t.condition_count = 0; t.write_count = 1;
        told("removal", m->transact(host, &t, &out, receipt, show, 0, &errors));
        told("again", m->transact(host, &t, &out, receipt, show, 0, &errors));
        more.relation = 9; t.condition_count = 1;
        told("relation", m->transact(host, &t, &out, receipt, show, 0, &errors));
        more.relation = 0; more.subject = 9;
        told("subject", m->transact(host, &t, &out, receipt, show, 0, &errors));
        t.condition_count = 5000;
        told("conditions", m->transact(host, &t, &out, receipt, show, 0, &errors));
        t.condition_count = 0; t.write_count = 1u << 20;
        told("writes", m->transact(host, &t, &out, receipt, show, 0, &errors));
        t.write_count = 0;
        told("empty", m->transact(host, &t, &out, receipt, show, 0, &errors));
        """)
      let fixture = try HostFixture([plugin])
      #expect(
        Self.lines(fixture, "bank") == [
          "receipt 0 v1 r1", "receipt 1 v1 r1", "first 0", "held 1", "receipt 0 v1 r2", "second 0",
          "held 0", "current a kind 2 int 10 v1 r1 deleted 0 flags 0 expires never",
          "conflict 8 bank/a is at version 1, not as expected; read it and try again", "nothing 0",
          "receipt 0 v0 r3", "removal 0", "again 4 bank/a does not exist",
          "relation 2 relation is 9, not one of DVT_EQUAL … DVT_AT_LEAST",
          "subject 2 subject is 9, not one of DVT_IF_…",
          "conditions 2 a transaction has 5000 conditions; give at most 1024, and not at NULL",
          "writes 2 writes has 1048576 writes; give at most 65536, and not at NULL",
          "empty 2 a transaction of 0 writes; give 1…65536",
        ])
    }

    @Test("telling what was: history, reads at a revision, snapshots and pages")
    func past() throws {
      let plugin = Self.plugin("past").doing(
        "init",
        """
        dvt_write w = one("k", 1); m->put(host, &w, 0, 0, 0, 0);
        dvt_handle snapshot; uint64_t revision = 0;
        told("open", m->snapshot_open(host, &snapshot, &revision, &errors));
        told("revision", (int32_t)revision);
        w.value.integer = 2; w.expiry = DVT_EXPIRY_AFTER; w.expires = 3600000000000;
        m->put(host, &w, 0, 0, 0, 0);
        m->remove(host, &w, 0, 0, 0, 0);
        dvt_write j = one("j", 7); m->put(host, &j, 0, 0, 0, 0);
        told("history", m->history(host, S(ID), S("k"), 2, show, "was", &errors));
        told("at", m->get_at(host, S(ID), S("k"), 2, show, "then", &errors));
        told("gone", m->get_at(host, S(ID), S("k"), 3, show, "then", &errors));
        told("future", m->get_at(host, S(ID), S("k"), 99, show, "then", &errors));
        told("pinned", m->snapshot_get(host, snapshot, S(ID), S("k"), show, "pinned", &errors));
        dvt_listing page = {HEADER(dvt_listing), .collection = S(ID), .snapshot = snapshot};
        told("list", m->list_page(host, &page, show, "listed", &errors));
        dvt_metadata_stats stats = {HEADER(dvt_metadata_stats)};
        m->stats(host, &stats, &errors);
        told("snapshots", (int32_t)stats.own_snapshots); told("records", (int32_t)stats.records);
        told("bytes", stats.bytes > 50);
        told("close", m->snapshot_close(host, snapshot, &errors));
        told("closed", m->list_page(host, &page, show, 0, &errors));
        told("twice", m->snapshot_close(host, snapshot, &errors));
        page.snapshot = (dvt_handle){0}; page.limit = 1;
        for (int i = 0; i < 3; i++) { w = one((char[]){(char)('a' + i), 0}, i); m->put(host, &w, 0, 0, 0, 0); }
        m->list_page(host, &page, show, "page", &errors); page.after = S("a");
        m->list_page(host, &page, show, "page", &errors);
        told("flush", m->flush(host, DVT_DURABILITY_DISK, &errors));
        told("memory", m->flush(host, DVT_DURABILITY_MEMORY, &errors));
        for (int i = 0; i < 64; i++) m->snapshot_open(host, &snapshot, 0, 0);
        told("full", m->snapshot_open(host, &snapshot, 0, &errors));
        """)
      let fixture = try HostFixture([plugin])
      let plain = "deleted 0 flags 0 expires never"
      let gone =
        Self.lines(fixture, "past").first { $0.hasPrefix("closed 6 ") }?.dropFirst(9) ?? ""
      #expect(gone.hasSuffix("names no open snapshot of past (generation 1)"))
      #expect(
        Self.lines(fixture, "past") == [
          "open 0", "revision 1", "was k kind 0 int 0 v2 r3 deleted 1 flags 0 expires later",
          "was k kind 2 int 2 v2 r2 deleted 0 flags 0 expires later", "history 0",
          "then k kind 2 int 2 v2 r2 deleted 0 flags 0 expires later", "at 0",
          "gone 4 past/k does not exist",
          "future 2 revision 99 is still to come, the store is at 4",
          "pinned k kind 2 int 1 v1 r1 \(plain)", "pinned 0",
          "listed k kind 2 int 1 v1 r1 \(plain)", "list 0", "snapshots 1", "records 1", "bytes 1",
          "close 0", "closed 6 \(gone)", "twice 6 \(gone)",
          "page a kind 2 int 0 v1 r5 \(plain)", "page b kind 2 int 1 v1 r6 \(plain)", "flush 0",
          "memory 2 durability is neither DVT_DURABILITY_OS nor DVT_DURABILITY_DISK",
          "full 9 past (generation 1) holds 64 snapshots open; close those it has read",
        ])
      #expect(fixture.host.core.snapshotPins.byPlugin == ["past": 64])
      _ = try fixture.host.unload("past", deadline: .after(milliseconds: 20_000))
      #expect(fixture.wait { fixture.host.core.snapshotPins.byPlugin == [:] })
    }

    @Test("refusing lengths, counts and text that cannot be, without looking at them")
    func absurd() throws {
      let plugin = Self.plugin("absurd").doing(
        "init",
        """
        dvt_write w = one("k", 1); static const uint8_t bad[] = {0xC3, 0x28};
        #define TRY(name, change) w = one("k", 1); change; told(name, m->put(host, &w, 0, 0, 0, &errors))
        TRY("bytes", (w.value = (dvt_value){.kind = DVT_VALUE_BYTES, .bytes = {bad, UINT64_MAX}}));
        TRY("large", (w.value = (dvt_value){.kind = DVT_VALUE_BYTES, .bytes = {bad, 1u << 30}}));
        TRY("null", (w.value = (dvt_value){.kind = DVT_VALUE_STRING, .bytes = {0, 5}}));
        TRY("text", (w.value = (dvt_value){.kind = DVT_VALUE_STRING, .bytes = {bad, 2}}));
        TRY("fields", (w.value = (dvt_value){.kind = DVT_VALUE_LIST, .field_count = 3}));
        TRY("many", (w.value = (dvt_value){.kind = DVT_VALUE_MAP, .fields = (void *)bad, .field_count = UINT64_MAX}));
        dvt_field twice[] = {{S("x"), {0}}, {S("x"), {0}}};
        TRY("twice", (w.value = (dvt_value){.kind = DVT_VALUE_MAP, .fields = twice, .field_count = 2}));
        TRY("finite", (w.value = (dvt_value){.kind = DVT_VALUE_DOUBLE, .number = 1e308 * 10}));
        TRY("key", (w.key = (dvt_str){bad, UINT64_MAX}));
        TRY("keytext", (w.key = (dvt_str){bad, 2}));
        TRY("expiry", (w.expiry = 9));
        TRY("expires", (w.expiry = DVT_EXPIRY_AFTER, w.expires = -1));
        TRY("size", (w.struct_size = 111));
        told("get", m->get(host, S(ID), (dvt_str){bad, UINT64_MAX}, show, 0, &errors));
        told("none", m->get(host, S(ID), S("none"), show, 0, &errors));
        told("list", m->list(host, S(ID), (dvt_str){0, 3}, show, 0, &errors));
        """)
      let fixture = try HostFixture([plugin])
      #expect(
        Self.lines(fixture, "absurd") == [
          "bytes 2 text or bytes of a value has the length 18446744073709551615; is it filled in?",
          "large 16 a value has 1073741824 bytes or more; at most 1048576 are allowed, so split it over several records",
          "null 2 text or bytes of a value is at NULL, but its length is 5",
          "text 2 a string value is not UTF-8; write it as DVT_VALUE_BYTES",
          "fields 2 a list or map has 3 fields at NULL",
          "many 2 a list or map has 18446744073709551615 fields; at most 131072 have room",
          "twice 2 a map has the name 'x' twice",
          "finite 2 a number of a value is not finite; use null or text instead",
          "key 2 the key has the length 18446744073709551615; is it filled in?",
          "keytext 2 the key is not UTF-8", "expiry 2 expiry is 9, not one of DVT_EXPIRY_…",
          "expires 2 expires is -1; give nanoseconds above 0",
          "size 2 dvt_write.struct_size is 111, expected at least 112; set it to sizeof(dvt_write)",
          "get 2 the key has the length 18446744073709551615; is it filled in?",
          "none 4 absurd/none does not exist",
          "list 2 prefix is at NULL, but its length is 3",
        ])
    }

    @Test("denying collections that the manifest does not permit, at every call (promise 14)")
    func permissions() throws {
      let plugin = ProbePlugin("nosy").declaring(Self.helpers)
        .with("\"permissions\": {\"metadata\": [\"nosy\", \"dovetail.collections\"]}")
        .doing(
          "init",
          """
          m = FACE(DVT_METADATA_INTERFACE, dvt_metadata);
          dvt_handle h, w; m->snapshot_open(host, &h, 0, &errors);
          dvt_str other = S("keeper"), key = S("k");
          told("get", m->get(host, other, key, show, 0, &errors));
          told("none", m->get(host, other, S("none"), show, 0, &errors));
          told("at", m->get_at(host, other, key, 0, show, 0, &errors));
          told("history", m->history(host, other, key, 0, show, 0, &errors));
          told("snapshot", m->snapshot_get(host, h, other, key, show, 0, &errors));
          dvt_listing page = {HEADER(dvt_listing), .collection = other};
          told("page", m->list_page(host, &page, show, 0, &errors));
          dvt_watch watch = {HEADER(dvt_watch), .collection = other};
          told("watch", m->watch(host, &watch, show, 0, &w, &errors));
          dvt_write mine = one("k", 1), theirs = one("k", 1); theirs.collection = other;
          const dvt_write *writes[] = {&mine, &theirs};
          dvt_transaction t = {HEADER(dvt_transaction), .writes = writes, .write_count = 2};
          told("write", m->transact(host, &t, 0, 0, 0, 0, &errors));
          dvt_condition c = {.collection = other, .key = key};
          t.write_count = 1; t.conditions = &c; t.condition_count = 1;
          told("condition", m->transact(host, &t, 0, 0, 0, 0, &errors));
          theirs.collection = S("dovetail.collections");
          told("reserved", m->put(host, &theirs, 0, 0, 0, &errors));
          """)
      let keeper = ProbePlugin("keeper")
      let fixture = try HostFixture([keeper], start: false)
      try fixture.put(plugin)
      try fixture.host.start()
      _ = try fixture.host.metaPut(collection: "keeper", key: "k", value: .int(1), version: nil)
      _ = try fixture.host.reload("nosy", dryRun: false, deadline: .after(milliseconds: 20_000))
      let denial =
        "7 plugin nosy may not use the collection 'keeper'; add \"permissions\": {\"metadata\": [\"keeper\"]} to its plugin.json"
      let expected =
        ["get", "none", "at", "history", "snapshot", "page", "watch", "write", "condition"]
        .map { "\($0) \(denial)" }
        + [
          "reserved 7 the collection 'dovetail.collections' is the host's own; `define` a collection"
        ]
      #expect(Array(Self.lines(fixture, "nosy").prefix(expected.count)) == expected)
    }

    @Test("serving revision 1: a shorter table, and writes without an expiry")
    func firstRevision() throws {
      let plugin = Self.plugin("old").doing(
        "init",
        """
        const dvt_metadata *first = FACE(DVT_METADATA_INTERFACE_R1, dvt_metadata);
        told("size", (int32_t)first->struct_size);
        told("other", first != m && first->transact == 0 && first->get == m->get);
        dvt_write w = one("k", 5); w.struct_size = 112; w.expiry = 77; w.flags = 77;
        dvt_written out = {HEADER(dvt_written)};
        told("put", first->put(host, &w, &out, 0, 0, &errors));
        told("version", (int32_t)out.version);
        out = (dvt_written){.struct_size = 16};
        told("short", first->put(host, &w, &out, 0, 0, &errors));
        told("version", (int32_t)out.version); told("revision", (int32_t)out.revision);
        told("get", first->get(host, S(ID), S("k"), show, 0, &errors));
        dvt_watch watch = {.struct_size = 64, .collection = S(ID), .key = S("x")}; dvt_handle h;
        told("watch", first->watch(host, &watch, show, 0, &h, &errors));
        """)
      let fixture = try HostFixture([plugin])
      #expect(
        Self.lines(fixture, "old") == [
          "size 56", "other 1", "put 0", "version 1", "short 0", "version 2", "revision 0",
          "record k kind 2 int 5 v2 r2 deleted 0 flags 0 expires never", "get 0", "watch 0",
        ])
    }

    @Test("watching one key, and telling a watch that fell behind where to begin anew")
    func watches() throws {
      let plugin = Self.plugin("slow").declaring(
        """
        #include <stdatomic.h>
        static atomic_int held;
        static int32_t slow(void *c, const dvt_record *r) {
          if (!(r->flags & DVT_RECORD_RESYNC) && !r->deleted && r->value.integer == 0) while (!atomic_load(&held)) usleep(1000);
          if (r->flags & DVT_RECORD_RESYNC || r->deleted || r->value.integer == 0) return show((void *)"saw", r);
          return DVT_OK;
        }
        """
      ).doing(
        "init",
        """
        dvt_watch key = {HEADER(dvt_watch), .name = S("key"), .collection = S(ID), .key = S("k")}; dvt_handle h;
        told("key", m->watch(host, &key, show, "key", &h, &errors));
        dvt_watch all = {HEADER(dvt_watch), .name = S("all"), .collection = S(ID), .prefix = S("n")};
        told("all", m->watch(host, &all, slow, 0, &h, &errors));
        dvt_write w = one("k", 1), longer = one("kk", 1);
        m->put(host, &w, 0, 0, 0, 0); m->put(host, &longer, 0, 0, 0, 0);
        w.expiry = DVT_EXPIRY_AFTER; w.expires = 1; m->remove(host, &w, 0, 0, 0, 0);
        for (int i = 0; i < 40000; i++) { w = one("n", i); m->put(host, &w, 0, 0, 0, 0); }
        atomic_store(&held, 1);
        w = one("n", 0); m->remove(host, &w, 0, 0, 0, 0);
        """)
      let fixture = try HostFixture([plugin]) { $0.lifecycleDeadline = 60_000 }
      #expect(
        fixture.wait(seconds: 30) {
          Self.lines(fixture, "slow").contains {
            $0.hasPrefix("saw n ") && $0.contains("deleted 1")
          }
            || Self.lines(fixture, "slow").contains { $0.contains("flags 2") }
        })
      let keys = Self.lines(fixture, "slow").filter { $0.hasPrefix("key ") }
      #expect(
        keys == [
          "key 0", "key k kind 2 int 1 v1 r1 deleted 0 flags 0 expires never",
          "key k kind 0 int 0 v1 r3 deleted 1 flags 0 expires never",
        ])
      let saw = Self.lines(fixture, "slow").filter { $0.hasPrefix("saw ") }
      #expect(saw.first?.hasPrefix("saw n kind 2 int 0 v1 r4 ") == true)
      #expect(saw.dropFirst().first?.contains("deleted 0 flags 2") == true, "\(saw)")
    }

    @Test("answering queries, defining collections, and watching what fulfils a condition")
    func questions() throws {
      let plugin = Self.plugin("asks").doing(
        "init",
        """
        dvt_handle h; uint64_t version = 9; char next[200];
        dvt_watch old = {HEADER(dvt_watch), .name = S("old"), .collection = S(ID), .condition = S("age >= ?")};
        dvt_field limit[] = {{S(""), {.kind = DVT_VALUE_INT, .integer = 30}}};
        old.parameters = (dvt_value){.kind = DVT_VALUE_LIST, .fields = limit, .field_count = 1};
        told("watch", m->watch(host, &old, show, "old", &h, &errors));
        old.name = S("bad"); old.condition = S("age >=");
        told("bad", m->watch(host, &old, show, "old", &h, &errors) == DVT_INVALID);
        told("none", m->define(host, S(ID), S(""), &sink, &version, &errors)); told("version", (int32_t)version);
        clear();
        static const char *definition = "{\\"version\\": 3, \\"indexes\\": [{\\"field\\": \\"age\\"}]}";
        told("define", m->define(host, S(ID), S(definition), &sink, &version, &errors));
        told("version", (int32_t)version); told(output, 0);
        told("wrong", m->define(host, S(ID), S("{}"), 0, 0, &errors) == DVT_INVALID);
        for (int i = 2; i < 5; i++) {
          dvt_write w = one((char[]){(char)('a' + i), 0}, 0);
          dvt_field age = {S("age"), {.kind = DVT_VALUE_INT, .integer = i * 10}};
          w.value = (dvt_value){.kind = DVT_VALUE_MAP, .fields = &age, .field_count = 1};
          m->put(host, &w, 0, 0, 0, 0);
          if (i == 4) { age.value.integer = 1; m->put(host, &w, 0, 0, 0, 0); m->remove(host, &w, 0, 0, 0, 0); }
        }
        dvt_query q = {HEADER(dvt_query), .text = S("from asks where age >= ? order by age desc limit 1"), .parameters = old.parameters};
        q.parameters.fields = &(dvt_field){S(""), {.kind = DVT_VALUE_INT, .integer = 20}};
        clear(); told("first", m->query(host, &q, show, "found", &sink, 0, &errors));
        snprintf(next, sizeof next, "%s", output); q.cursor = S(next);
        clear(); told("second", m->query(host, &q, show, "found", &sink, 0, &errors)); told("end", output_length == 0);
        clear(); told("plan", m->query(host, &q, 0, 0, 0, &sink, &errors)); told("age", strstr(output, "age") != 0);
        q.text = S("select count() from asks"); q.cursor = S(""); q.parameters = (dvt_value){0};
        told("rows", m->query(host, &q, show, "row", 0, 0, &errors));
        q.text = S("from keeper");
        told("denied", m->query(host, &q, show, 0, 0, 0, &errors));
        """)
      let fixture = try HostFixture([plugin])
      #expect(
        fixture.wait { Self.lines(fixture, "asks").filter { $0.hasPrefix("old ") }.count == 3 })
      let lines = Self.lines(fixture, "asks")
      let told = lines.filter { !$0.hasPrefix("old ") }
      let plain = "deleted 0 flags 0 expires never"
      #expect(
        told == [
          "watch 0", "bad 1 the query, line 1, column 7: expected a value, found the end",
          "none 4 the collection asks has no definition", "version 0",
          "define 0", "version 3", "{\"indexes\":[{\"field\":\"age\"}],\"version\":3} 0",
          "wrong 1 the definition of collection asks: has no \"version\"; begin with 1",
          "found d kind 8 int 0 v1 r3 \(plain)", "first 0",
          "found c kind 8 int 0 v1 r2 \(plain)", "second 0", "end 1", "plan 0", "age 1",
          "row  kind 8 int 0 v0 r0 \(plain)", "rows 0",
          "denied 7 plugin asks may not use the collection 'keeper'; add \"permissions\": {\"metadata\": [\"keeper\"]} to its plugin.json",
        ])
      #expect(
        lines.filter { $0.hasPrefix("old ") } == [
          "old d kind 8 int 0 v1 r3 \(plain)", "old e kind 8 int 0 v1 r4 \(plain)",
          "old e kind 8 int 0 v2 r5 deleted 0 flags 4 expires never",
        ])
    }
  }
}
