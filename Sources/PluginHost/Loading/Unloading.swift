/// What became of an image that is no longer used.
public enum Unloading: Sendable, Equatable {
  /// It is gone from memory; its staged files were removed.
  case unmapped
  /// It stays mapped, for this reason, and holds so many bytes of address space.
  case retired(reason: String, bytes: Int)
}
