import CHostSupport
import Glibc

/// Who is at the other end of a Unix socket.
enum PeerCredentials {
  /// Why the peer of a connected socket may not talk to this host, `nil` when it may: the same user and root may.
  ///
  /// The corresponding C call is `getsockopt` with `SO_PEERCRED`, which reports the peer as it was when it connected.
  static func refusal(of socket: Int32, own: uid_t = geteuid()) -> String? {
    var peer: uid_t = 0
    guard unsafe hs_peer_uid(socket, &peer) == 0 else {
      return "the client's user cannot be told: the connection is refused"
    }
    guard peer == own || peer == 0 else {
      return "user \(peer) may not control a host of user \(own): only that user and root may"
    }
    return nil
  }
}
