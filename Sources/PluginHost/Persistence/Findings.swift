import CDovetail
import CHostSupport
import MetadataStore

/// Collects the keys or the figures that a plugin's provider shows. Threading: one call at a time.
@safe final class Findings<Element> {
  /// What was shown so far.
  private(set) var all: [Element] = []

  private static var most: Int { 10_000_000 }

  /// The context to pass with the function.
  var context: UnsafeMutableRawPointer { unsafe Unmanaged.passUnretained(self).toOpaque() }

  fileprivate func add(_ element: Element) -> Int32 {
    guard all.count < Self.most else { return DVT_TOO_LARGE }
    all.append(element)
    return DVT_OK
  }

  fileprivate static func of(_ context: UnsafeMutableRawPointer?) -> Findings? {
    guard let context = unsafe context else { return nil }
    return unsafe Unmanaged<Findings>.fromOpaque(context).takeUnretainedValue()
  }
}

extension Findings<String> {
  /// The function that takes a key.
  static var key: dvt_key_receiver {
    { context, key in
      let side = hs_side_set(HS_SIDE_HOST)
      defer { _ = hs_side_set(side) }
      return unsafe Findings<String>.of(context)?.add(key.text) ?? DVT_INVALID
    }
  }
}

extension Findings<MetricSample> {
  /// The function that takes a figure.
  static var sample: dvt_sample_receiver {
    { context, sample in
      let side = hs_side_set(HS_SIDE_HOST)
      defer { _ = hs_side_set(side) }
      guard let sample = unsafe sample?.pointee else { return DVT_INVALID }
      let taken = unsafe MetricSample(
        name: sample.name.text, time: sample.time_ns, value: sample.value)
      return unsafe Findings<MetricSample>.of(context)?.add(taken) ?? DVT_INVALID
    }
  }
}
