// A program with a plugin host in it: starts the plugins of a folder, publishes an event and waits for the answer.
// usage: embedding-example PLUGINS STATE TOPIC DATA ANSWER-TOPIC
import HostSupport
import PluginHost

let arguments = CommandLine.arguments
var configuration = HostConfiguration()
configuration.plugins = arguments[1]
configuration.state = arguments[2]

let host = try Host(configuration: configuration, log: LogWriter(level: .warning))
try host.start()
for plugin in try host.list() { print("\(plugin.id) \(plugin.version) is \(plugin.state)") }

let answer = Monitor<String?>(nil)
let tap = try host.tap(pattern: arguments[5]) { event in
  answer.update { $0 = String(decoding: event.payload.bytes, as: UTF8.self) }
}
let payload = Payload(Array(arguments[4].utf8), contentType: "application/json")
_ = try host.publish(type: arguments[3], payload: payload, subject: nil)
print(answer.wait(until: .after(milliseconds: 5000)) { $0 } ?? "no answer")
tap.cancel()
try host.shutDown(deadline: .after(milliseconds: 5000))
