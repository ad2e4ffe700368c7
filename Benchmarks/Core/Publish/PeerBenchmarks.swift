import BenchmarkKit
import Glibc
import PluginHost

/// `publish-…-vs-…`: another library calls the same handlers with the same event. Peers that were not built are left out.
struct PeerBenchmarks {
  private struct Peer {
    let name: String
    let title: String
    let package: String
    let goal: Goal
  }

  private static let peers = [
    Peer(
      name: "signals2", title: "Boost.Signals2", package: "libboost-dev",
      goal: .advantage(must: 3, aim: 10)),
    Peer(
      name: "gsignal", title: "GLib GSignal", package: "libglib2.0-dev",
      goal: .advantage(must: 4, aim: 12)),
  ]
  private static let topics = [(1, "bench.tick"), (8, "bench.tick-8"), (64, "bench.tick-64")]

  static let names = peers.flatMap { peer in topics.map { name(peer, $0.0) } }

  private static func name(_ peer: Peer, _ handlers: Int) -> String {
    "publish-\(handlers)-vs-\(peer.name)"
  }

  let host: Host
  let workspace: Workspace

  func measure(_ bench: inout Bench) {
    for peer in Self.peers {
      for (handlers, topic) in Self.topics { compare(&bench, peer, handlers, topic) }
    }
  }

  private func compare(_ bench: inout Bench, _ peer: Peer, _ handlers: Int, _ topic: String) {
    let name = Self.name(peer, handlers)
    let image = "\(workspace.path)/\(peer.name).so"
    guard unsafe access(image, R_OK) == 0 else {
      return bench.skip(name, "\(peer.package) is not installed: run 'make bench-peers'")
    }
    let calls = Calls.topic(topic, of: handlers)
    let theirs = Calls(
      way: .byPeer, rounds: max(500, 5_000 / handlers), handlers: handlers, name: image)
    bench.measure(
      name, unit: "ns", limit: peer.title,
      goal: handlers == 1 ? peer.goal : .none(.advantage), runs: 51
    ) {
      try calls.time(host)
    } against: {
      try theirs.time(host)
    }
  }
}
