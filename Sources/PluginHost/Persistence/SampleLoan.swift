import CDovetail
import MetadataStore

/// Figures as a plugin's provider gets them.
@safe struct SampleLoan {
  private let names: [UInt8]
  private let samples: [dvt_sample]

  init(_ figures: [MetricSample]) {
    var names: [UInt8] = []
    var samples: [dvt_sample] = unsafe []
    for figure in figures {
      names += figure.name.utf8
      unsafe samples.append(
        dvt_sample(
          name: dvt_str(ptr: nil, len: UInt64(figure.name.utf8.count)), time_ns: figure.time,
          value: figure.value))
    }
    self.names = names
    unsafe self.samples = unsafe samples
  }

  /// Lends the figures while `body` runs.
  func lend<Result>(_ body: (UnsafeBufferPointer<dvt_sample>) -> Result) -> Result {
    unsafe names.withUnsafeBufferPointer { names in
      var next = names.baseAddress
      let placed = unsafe samples.map { sample in
        var placed = unsafe sample
        unsafe placed.name.ptr = unsafe next
        unsafe next = unsafe next.map { unsafe $0 + Int(sample.name.len) }
        return unsafe placed
      }
      return unsafe placed.withUnsafeBufferPointer { unsafe body($0) }
    }
  }
}
