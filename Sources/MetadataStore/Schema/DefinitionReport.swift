public import HostSupport

/// What a definition would mean for the records that a collection has.
public struct DefinitionReport: Sendable, Equatable {
  /// A record that would not fit.
  public struct Misfit: Sendable, Equatable {
    /// The record's key.
    public let key: String
    /// Why, each with its place where it has one.
    public let reasons: [String]
  }

  /// The most reasons that are told of one record.
  public static let mostReasons = 10

  /// The collection's name.
  public let collection: String
  /// The version of the definition.
  public let version: Int
  /// What putting it in place would do, or why it would be refused.
  public internal(set) var verdict = ""
  /// How many records there are.
  public internal(set) var records = 0
  /// How many of them would be written anew, by defaults or migrations.
  public internal(set) var rewritten = 0
  /// How many of them would not fit.
  public internal(set) var misfits = 0
  /// The first of those, by key.
  public internal(set) var first: [Misfit] = []

  /// The report as JSON: `collection`, `version`, `verdict`, `records`, `rewritten`, `misfits`, `first` (`key`, `reasons`).
  public var json: JSON {
    .object([
      "collection": .string(collection), "version": .int(Int64(version)),
      "verdict": .string(verdict), "records": .int(Int64(records)),
      "rewritten": .int(Int64(rewritten)), "misfits": .int(Int64(misfits)),
      "first": .array(
        first.map { misfit in
          .object([
            "key": .string(misfit.key), "reasons": .array(misfit.reasons.map { .string($0) }),
          ])
        }),
    ])
  }
}

extension CollectionDefinition {
  /// Holds every record of a collection against this definition, as putting it in place of another would; changes nothing.
  ///
  /// - Parameters:
  ///   - snapshot: Where the records are, and those that they name.
  ///   - old: The definition that is there; `nil` for none. Give this one itself to check the records as they are.
  ///   - most: How many of the records that do not fit are told of.
  /// - Returns: What was found, in time in proportion to the records.
  public func report(
    on snapshot: MetadataSnapshot, from old: CollectionDefinition?, atMost most: Int = 100
  ) -> DefinitionReport {
    var report = DefinitionReport(collection: collection, version: version)
    let rewrites: Bool
    (report.verdict, rewrites) = verdict(from: old, isEmpty: snapshot.count(in: collection) == 0)
    var holders: [Int: [UniqueKey: String]] = [:]
    snapshot.forEach(in: collection) { record in
      report.records += 1
      var reasons: [String] = []
      let former = record.value
      let value = reported(former, record.key, from: old, &reasons)
      if rewrites, value != former { report.rewritten += 1 }
      for (constraint, key) in uniqueKeys(of: value) {
        if let holder = holders[constraint]?[key] {
          let names = unique[constraint].map(\.description).joined(separator: ", ")
          reasons.append("its \(names) must be unique, but \(holder) has \(key.words) too")
        } else {
          holders[constraint, default: [:]][key] = record.key
        }
      }
      reasons += danglingReasons(of: value, snapshot)
      guard !reasons.isEmpty else { return true }
      report.misfits += 1
      if report.first.count < most {
        report.first.append(
          .init(key: record.key, reasons: Array(reasons.prefix(DefinitionReport.mostReasons))))
      }
      return true
    }
    return report
  }

  /// A record's value as this definition has it, with what is wrong about it.
  private func reported(
    _ value: MetadataValue, _ key: String, from old: CollectionDefinition?,
    _ reasons: inout [String]
  ) -> MetadataValue {
    if self != old, !migrations(from: old?.version ?? 0).isEmpty {
      do throws(MigrationFailure) {
        return try migrated(value, key: key, from: old?.version ?? 0)
      } catch {
        reasons.append("\(error.step): \(error.reason)")
        return value
      }
    }
    let filled = self == old ? value : (try? filled(value)) ?? value
    let violations = schema?.violations(in: filled, atMost: DefinitionReport.mostReasons) ?? []
    reasons += violations.map(\.description)
    return filled
  }

  private func danglingReasons(
    of value: MetadataValue, _ snapshot: MetadataSnapshot
  ) -> [String] {
    do throws(ValueSchema.Violation) {
      return try referenceTargets(of: value).compactMap { reference, target in
        snapshot.get(target.collection, target.key) == nil
          ? "its \(references[reference].field) names \(target.collection)/\(target.key), which does "
            + "not exist" : nil
      }
    } catch {
      return [error.description]
    }
  }

  /// What putting it in place would do, and whether that writes records anew.
  private func verdict(
    from old: CollectionDefinition?, isEmpty: Bool
  ) -> (words: String, rewrites: Bool) {
    do throws(DefinitionChange.Refusal) {
      switch try change(from: old, stored: isEmpty ? [] : [old?.version ?? 0]) {
      case .unchanged: return ("it is the definition that is there", false)
      case .compatible: return ("it is compatible: records stay as they are", false)
      case .filling: return ("it is compatible: records get the defaults that they lack", true)
      case .migrating: return ("records are migrated", true)
      }
    } catch {
      return ("it would be refused: \(error.description)", false)
    }
  }
}
