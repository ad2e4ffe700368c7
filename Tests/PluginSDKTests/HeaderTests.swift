import TestSupport
import Testing

@Suite struct HeaderTests {
  @Test(arguments: Layout.all)
  func `Swift sees every struct at the size that C has`(layout: Layout) {
    #expect(layout.measured == layout.expected)
  }

  static let compilers = [
    "gcc -std=c99 -Wall -Wextra -Wpedantic -x c",
    "gcc -std=c11 -Wall -Wextra -Wpedantic -x c",
    "g++ -std=c++17 -Wall -Wextra -Wpedantic -x c++",
    "clang -std=c99 -Weverything -Wno-padded -Wno-unused-macros -x c",
    "clang -std=c11 -Weverything -Wno-padded -Wno-unused-macros -Wno-pre-c11-compat -x c",
    "clang++ -std=c++17 -Weverything -Wno-padded -Wno-unused-macros -Wno-c++98-compat-pedantic -x c++",
  ]

  @Test(arguments: compilers)
  func `The header compiles without any warning`(compiler: String) throws {
    let folder = TemporaryDirectory()
    let include = "\(Tool.root)/PluginSDK/CDovetail/include"
    let command =
      "echo '#include \"dovetail.h\"' | \(compiler) -Werror -fsyntax-only -I '\(include)' -"
    let result = try Tool.shell("cd '\(folder.path)' && \(command)")
    #expect(result.output == "")
    #expect(result.status == 0)
  }

  @Test(arguments: ["gcc -std=c11", "clang -std=c11"])
  func `The layout is what it was`(compiler: String) throws {
    let folder = "\(Tool.root)/PluginSDK/CDovetail"
    let result = try Tool.shell(
      "\(compiler) -Wall -Werror -fsyntax-only -I '\(folder)/include' '\(folder)/layout.c'")
    #expect(result.output == "")
    #expect(result.status == 0)
  }
}
