import CDovetail

/// Settings are named by a JSON Pointer (RFC 6901) such as `/path` or `/servers/0/port`.
extension PluginContext {
  /// A setting as JSON text; the pointer `""` is the whole object.
  ///
  /// - Throws: `notFound`, `invalid` (pointer malformed) or `gone`.
  public func settingJSON(_ pointer: String) throws(PluginError) -> [UInt8] {
    guard let get = unsafe link.config?.pointee.get_json else {
      throw HostLink.missing("dovetail.config/1")
    }
    return unsafe try collect { out, error in
      unsafe pointer.borrowed { unsafe get(link.host, $0, out, error) }
    }
  }

  /// A string setting.
  ///
  /// - Throws: `notFound`, `invalid` (not a string) or `gone`.
  public func string(_ pointer: String) throws(PluginError) -> String {
    guard let get = unsafe link.config?.pointee.get_string else {
      throw HostLink.missing("dovetail.config/1")
    }
    let bytes = unsafe try collect { out, error in
      unsafe pointer.borrowed { unsafe get(link.host, $0, out, error) }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// An integer setting.
  ///
  /// - Throws: `notFound`, `invalid` (not an integer of 64 bits) or `gone`.
  public func int(_ pointer: String) throws(PluginError) -> Int {
    guard let get = unsafe link.config?.pointee.get_int else {
      throw HostLink.missing("dovetail.config/1")
    }
    var value: Int64 = 0
    unsafe try attempt { error in
      unsafe pointer.borrowed { unsafe get(link.host, $0, &value, error) }
    }
    return Int(value)
  }

  /// A number setting.
  ///
  /// - Throws: `notFound`, `invalid` (not a number) or `gone`.
  public func double(_ pointer: String) throws(PluginError) -> Double {
    guard let get = unsafe link.config?.pointee.get_double else {
      throw HostLink.missing("dovetail.config/1")
    }
    var value = 0.0
    unsafe try attempt { error in
      unsafe pointer.borrowed { unsafe get(link.host, $0, &value, error) }
    }
    return value
  }

  /// A boolean setting.
  ///
  /// - Throws: `notFound`, `invalid` (not a boolean) or `gone`.
  public func bool(_ pointer: String) throws(PluginError) -> Bool {
    guard let get = unsafe link.config?.pointee.get_bool else {
      throw HostLink.missing("dovetail.config/1")
    }
    var value: Int32 = 0
    unsafe try attempt { error in
      unsafe pointer.borrowed { unsafe get(link.host, $0, &value, error) }
    }
    return value != 0
  }
}
