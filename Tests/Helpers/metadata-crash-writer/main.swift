import Glibc
import MetadataStore

let arguments = CommandLine.arguments
guard (3...5).contains(arguments.count), let seed = UInt64(arguments[2]) else {
  print("usage: metadata-crash-writer FOLDER SEED [STEPS [THREADS]]")
  exit(2)
}
do {
  let writer = CrashWriter(
    seed: seed, steps: arguments.count > 3 ? Int(arguments[3]) ?? 0 : 0,
    threads: arguments.count > 4 ? Int(arguments[4]) ?? 1 : 1)
  try writer.run(FileProvider(path: arguments[1]))
} catch {
  print("error \(error)")
  exit(1)
}
