import CDovetail
import CHostSupport

/// Is told by a plugin's provider how far a backup has come. Threading: one call at a time.
@safe final class ProgressReceiver {
  private var tell: ((_ done: Int, _ total: Int) -> Void)?

  init(_ tell: @escaping (_ done: Int, _ total: Int) -> Void) { self.tell = tell }

  /// Lets go of the closure, also when a jump left the receiver behind.
  func end() { tell = nil }

  /// The context to pass with the function.
  var context: UnsafeMutableRawPointer { unsafe Unmanaged.passUnretained(self).toOpaque() }

  /// The function to pass.
  static let function: dvt_progress = { context, done, total in
    let side = hs_side_set(HS_SIDE_HOST)
    defer { _ = hs_side_set(side) }
    guard let context = unsafe context else { return }
    unsafe Unmanaged<ProgressReceiver>.fromOpaque(context).takeUnretainedValue()
      .tell?(Int(clamping: done), Int(clamping: total))
  }
}
