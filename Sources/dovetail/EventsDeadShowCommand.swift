import ControlPlane
import HostSupport
import PluginHost

let eventsDeadShowCommand = Command(
  "events dead show", "show a dead letter with its event", operands: [Operand("ID")],
  example: "dovetail events dead show 7"
) { invocation throws(CommandFailure) in
  let letter: DeadLetterReport = try invocation.request(
    "events.dead.show", ["id": DeadLetterInput.number(invocation.operand(0))])
  invocation.show(letter) { Views.deadLetter(letter, $0) }
  return .ok
}
