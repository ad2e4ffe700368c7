import FoundationEssentials
import Testing

@testable import PluginHost

@Suite("A library of the system's own")
struct SystemLibraryTests {
  /// The shared objects beside the C library, real and of every size.
  private static func libraries() throws -> [String] {
    let folders = ["/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64"]
    for folder in folders {
      guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder) else {
        continue
      }
      return names.filter { $0.contains(".so.") }.sorted().map { "\(folder)/\($0)" }
    }
    return []
  }

  @Test("is read whole, and is no plugin")
  func all() throws {
    var read = 0
    for path in try Self.libraries().prefix(300) {
      do throws(DiscoveryProblem) {
        let image = try ElfImage(path: path)
        #expect(!image.facts.traits.contains(.exportsEntry), "\(path)")
        #expect(image.manifestBytes == nil, "\(path)")
        #expect(image.facts.needed.allSatisfy { $0.contains(".so") }, "\(path)")
        read += 1
      } catch {
        #expect([.notAnImage, .unreadable, .wrongArchitecture].contains(error.kind), "\(error)")
      }
    }
    #expect(read > 0, "no library of the system's was found")
  }

  @Test("that is the C library has its name and starts threads for others")
  func libc() throws {
    let path = try #require(try Self.libraries().first { $0.hasSuffix("/libc.so.6") })
    let facts = try ElfImage(path: path).facts
    #expect(facts.soname == "libc.so.6")
    #expect(facts.machine == ElfHeader.hostMachine)
    #expect(facts.traits.contains(.constructors), "it has indirect functions")
    #expect(facts.otherExports.count > 1_000)
    #expect(facts.otherExports.sample.count == 8)
    #expect(facts.otherExports.sample == facts.otherExports.sample.sorted())
  }
}
