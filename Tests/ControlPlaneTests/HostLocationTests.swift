import Testing

@testable import ControlPlane

@Suite struct HostLocationTests {
  struct Case: Sendable {
    var name: String?
    var state: String?
    var socket: String?
    var environment: [String: String] = ["HOME": "/h"]
    let directory: String
    var path: String?
  }

  @Test(
    "flags win over the environment, and it over the defaults",
    arguments: [
      Case(directory: "/h/.local/state/dovetail/default"),
      Case(name: "a", directory: "/h/.local/state/dovetail/a"),
      Case(environment: ["HOME": "/h", "XDG_STATE_HOME": "/x"], directory: "/x/dovetail/default"),
      Case(
        environment: ["HOME": "/h", "XDG_STATE_HOME": "rel"],
        directory: "/h/.local/state/dovetail/default"),
      Case(
        environment: ["HOME": "/h", "DOVETAIL_NAME": "b"],
        directory: "/h/.local/state/dovetail/b"),
      Case(environment: ["DOVETAIL_STATE": "/s"], directory: "/s"),
      Case(
        name: "a", environment: ["HOME": "/h", "DOVETAIL_STATE": "/s"],
        directory: "/h/.local/state/dovetail/a"),
      Case(state: "rel", directory: "/work/rel"),
      Case(socket: "c", directory: "/h/.local/state/dovetail/default", path: "/work/c"),
      Case(state: "/s", environment: ["DOVETAIL_SOCKET": "/e"], directory: "/s"),
      Case(
        environment: ["HOME": "/h", "DOVETAIL_SOCKET": "/e"],
        directory: "/h/.local/state/dovetail/default", path: "/e"),
    ])
  func order(one: Case) throws {
    let location = try HostLocation(
      name: one.name, state: one.state, socket: one.socket, environment: one.environment,
      workingDirectory: "/work")
    #expect(location.stateDirectory == one.directory)
    #expect(location.socket == one.path ?? "\(one.directory)/control.sock")
  }

  @Test("without a home there is no default")
  func homeless() {
    #expect(
      throws: CommandFailure.usage(
        "neither XDG_STATE_HOME nor HOME is set, so there is no default state directory",
        advice: "name one with --state DIR")
    ) {
      try HostLocation(
        name: nil, state: nil, socket: nil, environment: [:], workingDirectory: "/")
    }
  }

  @Test(
    "names cannot leave their directory", arguments: ["", ".", "..", "a/b", "a b", "é", "\u{1B}"])
  func names(name: String) {
    #expect(throws: CommandFailure.self) {
      try HostLocation(
        name: name, state: nil, socket: nil, environment: ["HOME": "/h"], workingDirectory: "/")
    }
  }
}
