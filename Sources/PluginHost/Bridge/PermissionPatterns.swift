import EventBus

/// A manifest's permissions, ready to be asked.
struct PermissionPatterns: Sendable {
  private let publish: [TopicPattern]
  private let subscribe: [TopicPattern]
  private let metadata: [TopicPattern]
  private let services: [TopicPattern]
  private let intercept: [TopicPattern]
  private let id: String

  init(_ manifest: Manifest) {
    // Reading the manifest refused what is no pattern.
    func compile(_ patterns: [String]) -> [TopicPattern] {
      patterns.compactMap { try? TopicPattern($0) }
    }
    id = manifest.id
    publish = compile(manifest.permissions.publish)
    subscribe = compile(manifest.permissions.subscribe)
    metadata = compile(manifest.permissions.metadata)
    services = compile(manifest.permissions.services)
    intercept = compile(manifest.permissions.intercept)
  }

  /// Why the plugin may not publish to a topic; `nil` when it may.
  func denialOfPublish(_ topic: String) -> String? { denial(topic, in: publish, key: "publish") }

  /// Why the plugin may not touch a collection; `nil` when it may.
  func denialOfMetadata(_ collection: String) -> String? {
    denial(collection, in: metadata, key: "metadata")
  }

  /// Why the plugin may not judge the writes of a pattern of collections; `nil` when it may use them all.
  func denialOfValidate(_ pattern: TopicPattern) -> String? {
    denial(pattern, in: metadata, key: "metadata")
  }

  /// Why the plugin may not call a service; `nil` when it may.
  func denialOfService(_ name: String, provider: String) -> String? {
    provider == id ? nil : denial(name, in: services, key: "services")
  }

  /// Why the plugin may not subscribe to a pattern; `nil` when it may. A pattern is allowed when a permission covers it, an
  /// expression when there is a permission at all: it is `limited` to those.
  func denialOfSubscribe(_ pattern: TopicPattern) -> String? {
    if pattern.isExpression, !subscribe.isEmpty { return nil }
    return denial(pattern, in: subscribe, key: "subscribe")
  }

  /// A pattern that the plugin may subscribe to, without the topics that it may not.
  func limited(_ pattern: TopicPattern) -> TopicPattern {
    pattern.isExpression ? pattern.limited(to: subscribe) : pattern
  }

  /// Why the plugin may not intercept a pattern; `nil` when it may, as for `denialOfSubscribe`.
  func denialOfIntercept(_ pattern: TopicPattern) -> String? {
    denial(pattern, in: intercept, key: "intercept")
  }

  /// Why the plugin may not declare what the events of a pattern are; `nil` when it may publish them.
  func denialOfDeclare(_ pattern: TopicPattern) -> String? {
    denial(pattern, in: publish, key: "publish")
  }

  private func denial(
    _ pattern: TopicPattern, in patterns: [TopicPattern], key: String
  ) -> String? {
    if patterns.contains(where: { $0 == pattern || $0.covers(pattern) }) { return nil }
    // What an expression matches cannot be told from it.
    return text(pattern.isExpression ? ">" : pattern.description, key: key)
  }

  private func denial(_ name: String, in patterns: [TopicPattern], key: String) -> String? {
    patterns.contains { $0.matches(name) } ? nil : text(name, key: key)
  }

  private func text(_ name: String, key: String) -> String {
    "plugin \(id) may not \(Self.verbs[key] ?? key) '\(name)'; add \"permissions\": {\"\(key)\": [\"\(name)\"]} "
      + "to its plugin.json"
  }

  private static let verbs = [
    "publish": "publish to", "subscribe": "subscribe to", "metadata": "use the collection",
    "services": "call the service",
  ]
}
