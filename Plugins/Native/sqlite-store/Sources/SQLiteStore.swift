package import PluginSDK
import PluginPersistence

/// Offers the provider `sqlite`.
package struct SQLiteStore: Plugin {
  package init(context: PluginContext) throws {
    try context.provide(SQLiteProvider())
  }
}
