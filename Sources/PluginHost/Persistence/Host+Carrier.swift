import HostSupport
import MetadataStore

/// The plugin that carries the metadata store stays as long as the host runs. Control thread only.
extension Host {
  /// Refuses what would end the plugin that carries the store.
  ///
  /// - Parameters:
  ///   - ids: Plugins that would end.
  ///   - what: What was asked, for the message.
  /// - Throws: `refused` when the carrier is among them.
  func refuseCarrier(among ids: [String], _ what: String) throws(OperationError) {
    guard let carrier = core.seat.carrier, ids.contains(carrier) else { return }
    let provider = core.seat.provider?.name ?? ""
    throw OperationError(
      .refused, plugin: carrier,
      "\(what) is refused: \(carrier) carries the metadata store (provider '\(provider)'), which must not "
        + "go away while the host runs",
      advice:
        "restart the host; to end the plugin for good, set metadata.provider to another first, "
        + "and the records move there")
  }

  /// Moves the metadata store to another provider while the host runs; writers wait meanwhile.
  ///
  /// - Parameters:
  ///   - provider: Its name: `file`, or one that an active plugin offers.
  ///   - tell: Told of its progress, in order, one call at a time, until it has ended. What fails is told so.
  /// - Returns: Ends nothing: a switch that was begun is carried through.
  /// - Throws: `.invalid` for the name, or why no switch can begin.
  public func metaSwitch(
    provider: String, _ tell: @escaping @Sendable (SwitchProgress) -> Void
  ) throws(OperationError) -> Cancellation {
    let isInKernel = HostConfiguration.Metadata.Provider(rawValue: provider).isInKernel
    if !isInKernel, let problem = PersistenceOffer.problem(inName: provider) {
      throw OperationError(.invalid, problem)
    }
    control.submit { [self] in
      do throws(MetadataError) {
        let digest = try lifecycle.opening.switchNow(to: provider) { progress in
          switch progress {
          case .copied(let done, let total):
            tell(SwitchProgress(.copying, provider: provider, records: done, total: total))
          case .verified(let done, let total):
            tell(SwitchProgress(.verifying, provider: provider, records: done, total: total))
          }
        }
        tell(
          SwitchProgress(
            .done, provider: provider, records: digest.count, total: digest.count,
            checksum: digest.checksum, detail: core.seat.problem))
      } catch {
        core.log.log(.error, "metadata", "the store stays where it is: \(error)")
        tell(
          SwitchProgress(
            .failed, provider: core.seat.provider?.name ?? "", records: 0, total: 0,
            detail: error.description))
      }
    }
    return Cancellation {}
  }

  /// Ids of active plugins in the order in which they end: the carrier, and what it needs, after all that may still write.
  func shutdownOrder() -> [String] {
    let order: [String] = startOrder().reversed()
    guard let carrier = core.seat.carrier else { return order }
    var last: Set<String> = [carrier]
    var open = [carrier]
    while let next = open.popLast() {
      for need in table[next]?.manifest.requires.keys ?? [:].keys where last.insert(need).inserted {
        open.append(need)
      }
    }
    return order.filter { !last.contains($0) } + order.filter(last.contains)
  }
}
