import ControlPlane
import HostSupport
import PluginHost

let crashesListCommand = Command(
  "crashes list", "list the crashes that are known, newest first",
  options: [Option("limit", value: "N", "at most so many, 1...100 (default: 100)")],
  example: "dovetail crashes list --limit 10"
) { invocation throws(CommandFailure) in
  var parameters: [String: JSON] = [:]
  parameters["limit"] = try invocation.integer("limit", 1...100).map { .int(Int64($0)) }
  let reports: [CrashReport] = try invocation.request("crashes.list", parameters)
  invocation.show(reports) { Views.crashes(reports, $0) }
  return .ok
}
