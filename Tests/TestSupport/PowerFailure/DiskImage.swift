import FoundationEssentials
import Glibc
import HostSupport

/// The files and folders below one folder.
public struct DiskImage: Sendable, Equatable {
  /// Contents by path below the folder; `nil` is a folder.
  public let files: [String: [UInt8]?]

  /// An image of files that are given.
  ///
  /// - Parameter files: Contents by path; `nil` is a folder.
  public init(_ files: [String: [UInt8]?]) {
    self.files = files
  }

  /// The same but for one file.
  ///
  /// - Parameters:
  ///   - path: The file's path.
  ///   - bytes: What it has now.
  /// - Returns: The image.
  public func replacing(_ path: String, by bytes: [UInt8]) -> DiskImage {
    DiskImage(files.merging([path: bytes]) { _, new in new })
  }

  /// Reads a folder.
  ///
  /// - Parameter folder: Its path.
  /// - Throws: The system's error.
  public init(of folder: String) throws {
    var files: [String: [UInt8]?] = [:]
    for path in try FileManager.default.subpathsOfDirectory(atPath: folder) {
      var status = stat()
      guard unsafe lstat("\(folder)/\(path)", &status) == 0 else { continue }
      if status.st_mode & S_IFMT == S_IFDIR {
        files[path] = .some(nil)
      } else if status.st_mode & S_IFMT == S_IFREG {
        files[path] = try FileDescriptor.open("\(folder)/\(path)", O_RDONLY)
          .read(Int(status.st_size), at: 0)
      }
    }
    self.files = files
  }

  /// Makes a folder that has these files.
  ///
  /// - Parameter folder: Its path; nothing is there yet.
  /// - Throws: The system's error.
  public func write(to folder: String) throws {
    guard unsafe mkdir(folder, 0o700) == 0 else { throw SystemError("mkdir", folder) }
    for (path, bytes) in files.sorted(by: { $0.key < $1.key }) {
      let target = "\(folder)/\(path)"
      if let bytes {
        try FileDescriptor.open(target, O_WRONLY | O_CREAT | O_EXCL).write(bytes)
      } else if unsafe mkdir(target, 0o700) != 0 {
        throw SystemError("mkdir", target)
      }
    }
  }
}
