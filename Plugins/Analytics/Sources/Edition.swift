package import PluginSDK

/// What tells the builds of analytics apart.
package protocol Edition: Sendable {
  /// The version in the build's manifest.
  static var version: String { get }
  /// The newest version of the state that it reads, and the one that it writes.
  static var stateVersion: UInt64 { get }
  /// Whether it counts lines by the hour, too.
  static var countsHours: Bool { get }
  /// Fails where the build cannot work on this machine.
  static func checkMachine() throws(PluginError)
}

extension Edition {
  /// It works on any machine.
  package static func checkMachine() throws(PluginError) {}
}

/// Counts, rates and top-N.
package enum FirstEdition: Edition {
  package static let version = "1.0.0"
  package static let stateVersion: UInt64 = 1
  package static let countsHours = false
}

/// The same, and lines by the hour.
package enum SecondEdition: Edition {
  package static let version = "2.0.0"
  package static let stateVersion: UInt64 = 2
  package static let countsHours = true
}

/// A build with a mistake, for the demonstration: its `init` always fails.
package enum ThirdEdition: Edition {
  package static let version = "3.0.0"
  package static let stateVersion: UInt64 = 3
  package static let countsHours = true

  package static func checkMachine() throws(PluginError) {
    throw PluginError(
      .unsupported, "analytics 3.0.0 needs a machine that is not built yet: stay with 2.0.0")
  }
}
