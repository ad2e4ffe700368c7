import CHostSupport
import Glibc
public import HostSupport

/// Maps staged images and takes them out of memory again, one at a time.
///
/// Threading: every method may be called from any thread. Constructors and destructors of the image run inside `load` and
/// `unload`, under the loader's lock of the process; no lock of the host is held then, but other loads and unloads wait.
public final class ImageLoader: Sendable {
  /// The name of the function that every plugin exports.
  public static let entrySymbol = "dovetail_plugin"

  private struct State {
    var activity: LoaderActivity?
    var libraries = PrivateLibraries()
    var retired: RetiredImages
  }

  private let state: Monitor<State>
  private let stager: Stager

  /// Takes the stager, which removes the files of images that are gone, and the budget of those that stay.
  public init(stager: Stager, budget: RetiredImages.Budget = RetiredImages.Budget()) {
    self.stager = stager
    state = Monitor(State(retired: RetiredImages(budget: budget)))
  }

  /// The `dlopen` or `dlclose` that runs now, if one does; the caller decides from when on it is stuck.
  public var activity: LoaderActivity? { state.withLock { $0.activity } }

  /// What stays mapped of plugins that ended.
  public var retired: RetiredImages { state.withLock { $0.retired } }

  /// Maps a staged image and finds its entry point. The corresponding C functions are `dlopen` and `dlsym`.
  ///
  /// - Parameters:
  ///   - staged: The copy to map. It must not have been mapped before.
  ///   - plugin: The plugin's id.
  ///   - owner: The image's name in the table of addresses, not 0, such as the journal's index of the build.
  ///   - deadline: How long to wait for another load or unload to come back. The load itself has none.
  /// - Returns: The mapped image.
  /// - Throws: Why it is not mapped; its staged files are the caller's to remove then.
  public func load(
    _ staged: StagedImage, plugin: String, owner: UInt64, deadline: Deadline = .never
  ) throws(LoadError) -> LoadedImage {
    try begin(.loading, plugin: plugin, source: staged.source, deadline: deadline)
    defer { end() }
    let libraries = state.withLock { $0.libraries }
    try libraries.check(staged, plugin: plugin)
    let image = try map(staged, plugin: plugin, owner: owner)
    state.withLock { $0.libraries.add(staged, plugin: plugin) }
    return image
  }

  /// Takes an image out of memory, or retires it where that is not safe. The corresponding C function is `dlclose`.
  ///
  /// The caller has seen to it that no thread is in the image and that none will enter it again. `dlclose` runs on a thread
  /// of its own, which never ran the plugin's code and so has none of its thread-local destructors.
  ///
  /// - Parameters:
  ///   - image: What to unmap; call it once.
  ///   - deadline: How long to wait for destructors; past it the image is retired, and the loader stays busy until
  ///     they return.
  /// - Returns: What became of it, checked by its addresses.
  /// - Throws: `loaderStuck` when another load or unload did not come back by the deadline; then call it again.
  public func unload(
    _ image: LoadedImage, deadline: Deadline = .never
  ) throws(LoadError) -> Unloading {
    if !image.staged.facts.unmappable {
      return retire(image, because: image.staged.facts.keepReason ?? "its file says so")
    }
    try begin(
      .unloading, plugin: image.plugin, source: image.staged.source, deadline: deadline)
    switch close(image, deadline: deadline) {
    case .returned: break
    case .abandoned: return retire(image, because: "its destructors have not returned")
    case .running:
      end()
      return retire(image, because: "the system had no thread for dlclose")
    }
    defer { end() }
    var range = hs_range()
    if let first = image.extents.first, unsafe hs_image_containing(first.start, &range) == 0,
      range.start == first.start, stillMapped(image)
    {
      return retire(image, because: "the loader kept it mapped after dlclose")
    }
    image.forgetAddresses()
    state.withLock { $0.libraries.remove(image.staged) }
    // A file that cannot be removed now is swept at the next start.
    try? stager.remove(image.staged)
    return .unmapped
  }

  /// Counts an image that is never unmapped.
  ///
  /// - Parameters:
  ///   - image: The image; call it once, and not after `unload`.
  ///   - reason: Why, in prose.
  /// - Returns: `retired`, with the bytes that it holds.
  @discardableResult
  public func retire(_ image: LoadedImage, because reason: String) -> Unloading {
    state.withLock { $0.retired.add(image.plugin, bytes: image.bytes) }
    // Its code is hardly ever needed again, and what equals the staged file need not stay in memory.
    for extent in image.extents { hs_image_rest(extent.start) }
    return .retired(reason: reason, bytes: image.bytes)
  }
}

extension ImageLoader {
  private func begin(
    _ kind: LoaderActivity.Kind, plugin: String, source: String, deadline: Deadline
  ) throws(LoadError) {
    let mine = LoaderActivity(kind: kind, plugin: plugin, source: source, since: Deadline.now())
    let began: Bool? = state.wait(until: deadline) { state in
      guard state.activity == nil else { return nil }
      state.activity = mine
      return true
    }
    guard began == nil else { return }
    let other = activity ?? mine
    throw .loaderStuck(
      plugin: plugin, by: other.plugin, activity: other.kind.rawValue,
      milliseconds: Int((Deadline.now() &- other.since) / 1_000_000))
  }

  private func end() {
    state.update { $0.activity = nil }
  }

  private func map(
    _ staged: StagedImage, plugin: String, owner: UInt64
  ) throws(LoadError) -> LoadedImage {
    guard let handle = unsafe dlopen(staged.path, RTLD_NOW | RTLD_LOCAL) else {
      throw .refused(plugin: plugin, source: staged.source, reason: ImageLoader.lastError(staged))
    }
    let path = unsafe hs_image_path(handle).map { unsafe String(cString: $0) }
    guard path == staged.path else {
      unsafe dlclose(handle)
      throw .notFresh(plugin: plugin, source: staged.source, mapped: path ?? "another image")
    }
    guard let entry = unsafe dlsym(handle, ImageLoader.entrySymbol) else {
      // Its constructors have run, so it is closed only where that is safe.
      if staged.facts.unmappable {
        unsafe dlclose(handle)
      } else {
        let bytes = unsafe ImageLoader.extents(of: handle, staged).reduce(0) { $0 + $1.bytes }
        state.withLock { $0.retired.add(plugin, bytes: bytes) }
      }
      throw .noEntry(plugin: plugin, source: staged.source, symbol: ImageLoader.entrySymbol)
    }
    let extents = unsafe ImageLoader.extents(of: handle, staged)
    return unsafe LoadedImage(
      plugin: plugin, owner: owner, staged: staged, extents: extents, handle: handle,
      entry: UnsafeRawPointer(entry))
  }

  /// `dlerror` in words about the user's file: the staged copy's path means nothing to an operator.
  private static func lastError(_ staged: StagedImage) -> String {
    guard let text = unsafe dlerror().map({ unsafe String(cString: $0) }) else { return "?" }
    let prefix = "\(staged.path): "
    return text.hasPrefix(prefix) ? String(text.dropFirst(prefix.count)) : text
  }

  private static func extents(
    of handle: UnsafeMutableRawPointer, _ staged: StagedImage
  ) -> [LoadedImage.Extent] {
    var range = hs_range()
    guard unsafe hs_image_containing(hs_image_address(handle), &range) == 0 else { return [] }
    let main = LoadedImage.Extent(start: range.start, end: range.end)
    let others = staged.libraries.compactMap { library -> LoadedImage.Extent? in
      guard unsafe hs_image_under(library.path, &range, 1) > 0 else { return nil }
      return LoadedImage.Extent(start: range.start, end: range.end)
    }
    return [main] + others
  }

  /// How far a `dlclose` has come.
  private enum Closing { case running, returned, abandoned }

  /// Runs `dlclose` on a fresh thread.
  ///
  /// - Returns: `returned`; `abandoned` when it did not come back in time, and then the loader stays busy until it does;
  ///   `running` when it could not be begun.
  private func close(_ image: LoadedImage, deadline: Deadline) -> Closing {
    let progress = Monitor(Closing.running)
    let thread = try? Thread(name: "unload") {
      unsafe dlclose(image.handle)
      let abandoned = progress.update { now in
        if now == .abandoned { return true }
        now = .returned
        return false
      }
      guard abandoned else { return }
      // Its addresses may soon be another image's.
      if !self.stillMapped(image) { image.forgetAddresses() }
      self.end()
    }
    guard let thread else { return .running }
    let returned = progress.wait(until: deadline) { $0 == .returned ? true : nil }
    guard returned == nil else {
      thread.join()
      return .returned
    }
    thread.detach()
    return progress.update { now in
      if now == .running { now = .abandoned }
      return now
    }
  }

  private func stillMapped(_ image: LoadedImage) -> Bool {
    unsafe hs_image_under(image.staged.path, nil, 0) > 0
  }
}
