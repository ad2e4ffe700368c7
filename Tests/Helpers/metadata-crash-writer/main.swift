import Glibc
import HostSupport
import MetadataStore
import PluginHost

let arguments = CommandLine.arguments
guard (4...8).contains(arguments.count), let seed = UInt64(arguments[3]) else {
  print("usage: metadata-crash-writer PROVIDER FOLDER SEED [STEPS [THREADS [PLUGINS [OPTIONS]]]]")
  exit(2)
}
do {
  let writer = CrashWriter(
    seed: seed, steps: arguments.count > 4 ? Int(arguments[4]) ?? 0 : 0,
    threads: arguments.count > 5 ? Int(arguments[5]) ?? 1 : 1)
  if arguments.count > 6 {
    let options = arguments.count > 7 ? arguments[7] : "{}"
    let host = try CrashHost(
      provider: arguments[1], state: arguments[2], plugins: arguments[6],
      options: JSON(parsing: Array(options.utf8)))
    try writer.run(host.store) { try host.end() }
  } else {
    let store = try MetadataStore(FileProvider(path: arguments[2]))
    try writer.run(store) { try store.close() }
  }
} catch {
  print("error \(error)")
  exit(1)
}
