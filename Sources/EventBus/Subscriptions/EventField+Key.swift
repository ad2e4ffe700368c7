import HostSupport

extension EventField {
  /// The extension attribute `partitionkey`.
  public static var partitionKey: EventField { .attribute(.extension("partitionkey")) }

  /// What tells an event from others of its subscription.
  ///
  /// - Parameters:
  ///   - event: Borrowed.
  ///   - layout: Reads the event.
  /// - Returns: The attribute's bytes, or the value in the data as JSON; `nil` when the event has neither.
  func key(of event: UnsafeMutableRawPointer?, _ layout: EventLayout) -> [UInt8]? {
    switch self {
    case .attribute(let attribute):
      unsafe layout.withAttribute(attribute, of: event) { bytes in
        unsafe bytes.map { unsafe Array($0) }
      }
    case .data(let pointer, _):
      unsafe layout.withAttribute(.data, of: event) { bytes in
        guard let bytes = unsafe bytes, let json = unsafe try? JSON(parsing: Array(bytes)) else {
          return nil
        }
        return pointer.value(in: json).map { Array($0.text().utf8) }
      }
    }
  }
}
