import Glibc
import HostSupport

/// Who may own what the host maps, and where others may write.
///
/// A file must be a trusted user's, and neither everybody nor a group of several may write to it, or to a folder on the way to it: who
/// could rename a folder could put another in its place. In a folder with the sticky bit, such as `/tmp`, only the owner can
/// rename, so that folders may lie there, but no plugins. A group that bears its only member's name is that user's own.
struct FileOwnership: Sendable {
  private let trusted: Set<uid_t>

  /// The host's user, root, and those that the configuration names.
  ///
  /// - Throws: `TrustRefusal` for a user that does not exist.
  init(others: [String] = []) throws(TrustRefusal) {
    var trusted: Set<uid_t> = [0, geteuid()]
    for name in others {
      guard let user = uid_t(name) ?? Accounts.user(named: name) else {
        throw TrustRefusal(
          "trust.owners names \(name), and there is no such user",
          fix: "correct the name, or give the user's number")
      }
      trusted.insert(user)
    }
    self.trusted = trusted
  }

  /// Whether a file that was opened may be mapped. Its folders are another matter.
  ///
  /// - Parameters:
  ///   - status: What `fstat` said of it.
  ///   - path: Where it lies, for messages.
  /// - Throws: Who could change it.
  func check(_ status: FileStatus, _ path: String) throws(TrustRefusal) {
    try checkOwner(status, path)
    if let problem = writers(status, path) { throw problem }
  }

  /// Whether every folder on the way to a file, symbolic links followed, is safe, and the links are.
  ///
  /// - Parameters:
  ///   - path: The file; relative to the working directory unless absolute.
  ///   - known: Folders that need no second look; gets the file's.
  /// - Throws: Who could put another file in its place.
  func checkWay(to path: String, known: SafeFolders? = nil) throws(TrustRefusal) {
    let folder = LibrarySearch.folder(of: path)
    if let known, known.contains(folder), try Self.status(of: path).mode & S_IFMT != S_IFLNK {
      return
    }
    try walk(to: path)
    known?.add(folder)
  }

  private func walk(to path: String) throws(TrustRefusal) {
    var pending = Array(Self.absolute(path).split(separator: "/").map(String.init).reversed())
    var folder = ""
    var links = 0
    var exposure = try checkFolder("/")
    while let name = pending.popLast() {
      if name == "." { continue }
      if name == ".." {
        folder = folder.lastIndex(of: "/").map { String(folder[..<$0]) } ?? ""
        exposure = try checkFolder(folder.isEmpty ? "/" : folder)
        continue
      }
      let next = "\(folder)/\(name)"
      let status = try Self.status(of: next)
      if status.isDirectory {
        folder = next
        exposure = try checkFolder(next)
        continue
      }
      // A file or a link in a folder where everybody can make some.
      if let exposure { throw exposure }
      guard status.mode & S_IFMT == S_IFLNK else { return }
      try checkOwner(status, next)
      links += 1
      guard links <= 40, let target = Self.target(of: next) else {
        throw TrustRefusal("\(next) is a link that leads nowhere", fix: "remove it")
      }
      if target.hasPrefix("/") { folder = "" }
      pending += target.split(separator: "/").map(String.init).reversed()
      exposure = folder.isEmpty ? try checkFolder("/") : exposure
    }
    if let exposure { throw exposure }
  }

  /// A folder that is safe as one of several on the way; returned is why it would not be safe as a file's own.
  private func checkFolder(_ path: String) throws(TrustRefusal) -> TrustRefusal? {
    let status = try Self.status(of: path)
    try checkOwner(status, path)
    guard let problem = writers(status, path) else { return nil }
    guard status.mode & S_ISVTX != 0 else { throw problem }
    return problem
  }

  private func checkOwner(_ status: FileStatus, _ path: String) throws(TrustRefusal) {
    guard !trusted.contains(status.owner) else { return }
    let own = Accounts.name(ofUser: geteuid())
    let owner = Accounts.name(ofUser: status.owner)
    let allowed = own == "root" ? "root" : "\(own) or root"
    throw TrustRefusal(
      "\(path) belongs to \(owner), not to \(allowed)",
      fix: "chown \(own) \(path), or add \"\(owner)\" to trust.owners")
  }

  private func writers(_ status: FileStatus, _ path: String) -> TrustRefusal? {
    if status.mode & S_IWOTH != 0 {
      return TrustRefusal("everybody can write to \(path)", fix: "chmod o-w \(path)")
    }
    guard status.mode & S_IWGRP != 0, !Accounts.isOwn(group: status.group, of: status.owner) else {
      return nil
    }
    let group = Accounts.name(ofGroup: status.group)
    return TrustRefusal("the group \(group) can write to \(path)", fix: "chmod g-w \(path)")
  }

  private static func absolute(_ path: String) -> String {
    if path.hasPrefix("/") { return path }
    guard let folder = unsafe getcwd(nil, 0) else { return "/\(path)" }
    defer { unsafe free(folder) }
    return "\(unsafe String(cString: folder))/\(path)"
  }

  private static func status(of path: String) throws(TrustRefusal) -> FileStatus {
    var status = stat()
    guard unsafe lstat(path, &status) == 0 else {
      throw TrustRefusal("\(SystemError("lstat", path))", fix: "see that it is there and readable")
    }
    return FileStatus(status)
  }

  private static func target(of link: String) -> String? {
    var text = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = unsafe readlink(link, &text, text.count)
    guard count > 0 else { return nil }
    return String(decoding: text[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
