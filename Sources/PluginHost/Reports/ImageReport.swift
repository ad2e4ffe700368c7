/// What a shared object's ELF headers say about it.
public struct ImageReport: Codable, Sendable, Equatable {
  /// The machine, such as "x86-64".
  public var machine: String
  /// 32 or 64.
  public var bits: Int
  /// The SONAME.
  public var soname: String?
  /// The build id in hexadecimal.
  public var buildID: String?
  /// Libraries that it needs, as the file names them.
  public var needed: [String] = []
  /// Its RPATH or RUNPATH.
  public var runpath: String?
  /// Names of the symbols that it exports.
  public var exports: [String] = []
  /// Whether it holds Swift metadata (`swift5_*` sections).
  public var hasSwiftMetadata = false
  /// Whether it holds symbols that keep it mapped (GNU_UNIQUE).
  public var hasUniqueSymbols = false
  /// How many functions run inside `dlopen`.
  public var constructors = 0

  /// Describes an image; everything else starts empty.
  public init(machine: String, bits: Int) {
    self.machine = machine
    self.bits = bits
  }
}
