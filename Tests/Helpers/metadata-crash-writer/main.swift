import Glibc
import MetadataStore

// Writes transactions of a seeded script with durability `disk` and prints a line after each acknowledgement, until it is killed.
let arguments = CommandLine.arguments
guard arguments.count == 3, let seed = UInt64(arguments[2]) else {
  print("usage: metadata-crash-writer FOLDER SEED")
  exit(2)
}
do {
  let store = try MetadataStore(FileProvider(path: arguments[1]))
  var script = CrashScript(seed: seed)
  for step in 1... {
    do throws(MetadataError) {
      try store.transaction(script.next(step: step))
    } catch .notFound {
      // A removal of what is not there: a step like any other.
    }
    let line = "\(step)\n"
    _ = unsafe write(1, line, line.utf8.count)
  }
} catch {
  print("\(error)")
  exit(1)
}
