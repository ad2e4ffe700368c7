import BenchmarkKit
import Glibc

// bench-core [--jsonl FILE] [--no-header] [FILTER]: all figures but those of reloads.
// bench-core --store fill|open: one sample of `open-1m`.
// bench-core --start PLUGINS STATE: one sample of `start-1000`, in a process of its own.
let arguments = Array(CommandLine.arguments.dropFirst())
do {
  if arguments.first == "--start", arguments.count == 3 {
    try HostChild.start(plugins: arguments[1], state: arguments[2])
    exit(0)
  }
  if arguments.first == "--store", arguments.count == 2 {
    try StoreDiskBenchmarks.child(arguments[1])
    exit(0)
  }
  let workspace = try Workspace()
  var bench = Bench(arguments)
  try StartBenchmarks.run(&bench, workspace)
  try ScanBenchmark.run(&bench, workspace)
  try ProcessBenchmarks.run(&bench, workspace)
  try PublishBenchmarks.run(&bench, workspace)
  try AsyncBenchmarks.run(&bench, workspace)
  try BystanderBenchmarks.run(&bench, workspace)
  try IsolationBenchmarks.run(&bench, workspace)
  try TopicBenchmarks.run(&bench, workspace)
  try BreakerBenchmarks.run(&bench, workspace)
  let peers = StorePeers(folder: workspace.path)
  try StoreMemoryBenchmark.run(&bench, workspace)
  try StoreReadBenchmarks.run(&bench, workspace, peers)
  try StoreWriteBenchmarks.run(&bench, workspace, peers)
  try StoreQueryBenchmarks.run(&bench, peers)
  try StoreDiskBenchmarks.run(&bench, workspace, peers)
  exit(bench.end())
} catch {
  print("bench-core: \(error)")
  exit(1)
}
