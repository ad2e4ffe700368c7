import Glibc

/// Texts as C takes them: an array of NUL-terminated strings that ends with NULL.
@safe final class CStrings {
  // Safe: every pointer but the last is from `strdup`, and the same ones, however reordered, are freed at the end.
  var pointers: [UnsafeMutablePointer<CChar>?]

  init(_ texts: [String]) {
    unsafe pointers = texts.map { unsafe strdup($0) } + [nil]
  }

  subscript(index: Int) -> String {
    guard unsafe pointers.indices.contains(index), let text = unsafe pointers[index] else {
      return ""
    }
    return unsafe String(cString: text)
  }

  deinit {
    for index in unsafe pointers.indices { unsafe free(pointers[index]) }
  }
}
