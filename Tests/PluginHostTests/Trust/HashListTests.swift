import HostSupport
import TestSupport
import Testing

@testable import PluginHost

@Suite("Lists of hashes")
struct HashListTests {
  private func list(_ text: String) throws(TrustRefusal) -> HashList {
    try HashList(parsing: Array(text.utf8), path: "list")
  }

  @Test("What sha256sum prints is read")
  func sums() throws {
    let folder = TemporaryDirectory()
    try Fixtures.write([1, 2, 3], to: folder.file("a b.so"))
    try Fixtures.write([4], to: folder.file("line\nbreak.so"))
    for flags in ["", "--binary"] {
      let sums = Program.run(["/bin/sh", "-c", "cd '\(folder.path)' && sha256sum \(flags) *"])
      let list = try list("# two files\n\n" + sums.output)
      #expect(list.count == 2)
      #expect(list.contains(SHA256Digest.of([1, 2, 3])) && list.contains(SHA256Digest.of([4])))
      #expect(!list.contains(SHA256Digest.of([5])))
    }
  }

  @Test(
    "Another line is refused with its number",
    arguments: ["hello", "e3b0", String(repeating: "0", count: 63) + "  a.so"])
  func wrong(line: String) throws {
    let good = "\(SHA256Digest.of([]))  empty\n"
    let refusal = #expect(throws: TrustRefusal.self) { try list(good + line + "\n") }
    #expect(refusal?.reason == "line 2 of list is no line of sha256sum")
  }
}
