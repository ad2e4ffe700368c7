import CDovetail

/// A closure of the plugin's that the host may call, kept by the context until its registration ended.
class Box: @unchecked Sendable {
  // Safe: written only under the registry's lock.
  fileprivate var index = -1

  /// The pointer that the host carries for the closure.
  final var pointer: UnsafeMutableRawPointer {
    unsafe Unmanaged.passUnretained(self).toOpaque()
  }

  /// The box behind a pointer that the host gave back.
  static func from(_ pointer: UnsafeMutableRawPointer?) -> Self? {
    guard let pointer = unsafe pointer else { return nil }
    return unsafe Unmanaged<Self>.fromOpaque(pointer).takeUnretainedValue()
  }
}

/// The boxes that are in use.
final class BoxRegistry: Sendable {
  private let boxes = Guarded<[Box]>([])

  /// Keeps a box alive.
  func add(_ box: Box) {
    boxes.withLock {
      box.index = $0.count
      $0.append(box)
    }
  }

  /// Releases a box, once no call into it can happen.
  func remove(_ box: Box) {
    boxes.withLock { boxes in
      guard box.index >= 0, let last = boxes.popLast() else { return }
      if last !== box {
        last.index = box.index
        boxes[box.index] = last
      }
      box.index = -1
    }
  }

  /// Releases all boxes, after the host has revoked every registration.
  func removeAll() {
    let old = boxes.withLock { boxes in
      let old = boxes
      boxes = []
      for box in old { box.index = -1 }
      return old
    }
    withExtendedLifetime(old) {}
  }

  /// How many are in use.
  var count: Int { boxes.withLock { $0.count } }
}
