package import CDovetail
import PluginSDK
import Synchronization

/// Figures by name and time, for as many days as `metricsDays` says.
extension SQLiteProvider {
  private static let day: Int64 = 86_400_000_000_000

  package func saveMetrics(_ samples: UnsafeBufferPointer<dvt_sample>) throws {
    let store = try store
    try store.writer.withLock { writer throws(PluginError) in
      let name = try Statement(
        writer.connection, "INSERT OR IGNORE INTO metric_names(name) VALUES(?1)")
      let value = try Statement(
        writer.connection,
        """
        INSERT OR REPLACE INTO metrics
        VALUES((SELECT id FROM metric_names WHERE name = ?1), ?2, ?3)
        """)
      let expiry = try Statement(writer.connection, "DELETE FROM metrics WHERE time < ?1")
      try writer.perform(.os) { () throws(PluginError) in
        var newest: Int64 = .min
        for index in samples.indices {
          let sample = unsafe samples[index]
          unsafe name.bind(1, sample.name)
          try name.run()
          unsafe value.bind(1, sample.name)
          unsafe value.bind(2, sample.time_ns)
          unsafe value.bind(3, sample.value)
          try value.run()
          newest = unsafe max(newest, sample.time_ns)
        }
        guard newest > .min else { return }
        let (horizon, isBefore) = newest.subtractingReportingOverflow(
          Int64(store.options.metricsDays) * Self.day)
        guard !isBefore else { return }
        expiry.bind(1, horizon)
        try expiry.run()
      }
    }
  }

  package func metrics(
    _ name: String, from: Int64, until: Int64, _ receive: (dvt_sample) throws -> Void
  ) throws {
    let found = try store.readers.with { reader in
      let statement = try Statement(
        reader.connection,
        """
        SELECT time, value FROM metrics JOIN metric_names ON id = metric
        WHERE name = ?1 AND time >= ?2 AND time < ?3 ORDER BY time
        """)
      return unsafe try withText(name) { name throws(PluginError) in
        unsafe statement.bind(1, name)
        statement.bind(2, from)
        statement.bind(3, until)
        var found: [(time: Int64, value: Double)] = []
        while try statement.step() { found.append((statement.int(0), statement.double(1))) }
        return found
      }
    }
    var name = name
    try name.withUTF8 { name in
      let text = unsafe dvt_str(ptr: name.baseAddress, len: UInt64(name.count))
      for sample in found {
        unsafe try receive(dvt_sample(name: text, time_ns: sample.time, value: sample.value))
      }
    }
  }
}
