import TestSupport
import Testing

@Suite("An installed Dovetail") struct InstallTests {
  /// Installs what authors need, with the tool that this build made.
  private func install(into root: TemporaryDirectory) throws -> String {
    let installed = Program.run([
      "/usr/bin/make", "-C", Program.repositoryRoot, "install-sdk", "PREFIX=/opt/dove tail",
      "DESTDIR=\(root.path)", "PRODUCTS=\(Program.buildFolder)",
    ])
    try #require(installed.status == 0, "\(installed.output)")
    return root.file("opt/dove tail")
  }

  @Test("builds the templates of C, C++ and Rust by itself", arguments: ["c", "cpp", "rust"])
  func templates(_ name: String) throws {
    let root = TemporaryDirectory()
    let prefix = try install(into: root)
    let built = Program.run([
      "\(prefix)/share/dovetail/templates/build.sh", name, root.file("out"),
    ])
    if built.status == 3 {
      print("skipped: no compiler for the template \(name) on this machine")
      return
    }
    try #require(built.status == 0, "\(built.output)")
    let seen = try Dovetail(["inspect", root.file("out/libmy-plugin-\(name).so")])
    #expect(seen.status == 0, "\(seen.output)\(seen.errors)")
    #expect(seen.output.contains("my-plugin"), "\(seen.output)")
    #expect(!seen.output.contains("refus"), "\(seen.output)")
  }

  @Test("says that the templates of Swift need a checkout")
  func swift() throws {
    let root = TemporaryDirectory()
    let prefix = try install(into: root)
    let built = Program.run([
      "\(prefix)/share/dovetail/templates/build.sh", "swift", root.file("out"),
    ])
    #expect(built.status == 2)
    #expect(built.output.contains("is built from a checkout of Dovetail"), "\(built.output)")
  }
}
