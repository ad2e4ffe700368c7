import Glibc

/// Names of the system's users and groups. The C functions are `getpwuid_r` and its like; threading: any thread.
enum Accounts {
  private static let room = 65_536

  /// A user's number; `nil` when there is none of that name.
  static func user(named name: String) -> uid_t? {
    unsafe withRoom { buffer in
      var entry = unsafe passwd()
      var found: UnsafeMutablePointer<passwd>?
      guard unsafe getpwnam_r(name, &entry, buffer, room, &found) == 0, unsafe found != nil else {
        return nil
      }
      return unsafe entry.pw_uid
    }
  }

  /// A user's name, or the number when it has none.
  static func name(ofUser user: uid_t) -> String {
    unsafe withRoom { buffer in
      var entry = unsafe passwd()
      var found: UnsafeMutablePointer<passwd>?
      guard unsafe getpwuid_r(user, &entry, buffer, room, &found) == 0, unsafe found != nil else {
        return "\(user)"
      }
      return unsafe String(cString: entry.pw_name)
    }
  }

  /// A group's name, or the number when it has none.
  static func name(ofGroup group: gid_t) -> String { entry(group)?.name ?? "\(group)" }

  /// Whether a group is a user's own: it bears the user's name, and nobody else is in it.
  static func isOwn(group: gid_t, of user: uid_t) -> Bool {
    guard let entry = entry(group) else { return false }
    let name = name(ofUser: user)
    return entry.name == name && entry.members.allSatisfy { $0 == name }
  }

  private static func entry(_ number: gid_t) -> (name: String, members: [String])? {
    unsafe withRoom { buffer in
      var entry = unsafe group()
      var found: UnsafeMutablePointer<group>?
      guard unsafe getgrgid_r(number, &entry, buffer, room, &found) == 0, unsafe found != nil else {
        return nil
      }
      var members: [String] = []
      var next = unsafe entry.gr_mem
      while let list = unsafe next, let member = unsafe list.pointee {
        members.append(unsafe String(cString: member))
        unsafe next = list + 1
      }
      return (unsafe String(cString: entry.gr_name), members)
    }
  }

  private static func withRoom<Value>(_ body: (UnsafeMutablePointer<CChar>) -> Value) -> Value {
    let buffer = UnsafeMutablePointer<CChar>.allocate(capacity: room)
    defer { unsafe buffer.deallocate() }
    return unsafe body(buffer)
  }
}
