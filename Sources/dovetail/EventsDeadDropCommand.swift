import ControlPlane
import PluginHost

let eventsDeadDropCommand = Command(
  "events dead drop", "let go of dead letters",
  operands: DeadLetterInput.operands, options: DeadLetterInput.options,
  example: "dovetail events dead drop --topic 'torrent.>'"
) { invocation throws(CommandFailure) in
  let letters: [DeadLetterReport] = try invocation.request(
    "events.dead.drop", DeadLetterInput.parameters(invocation))
  invocation.show(letters) { Views.droppedLetters(letters, $0) }
  return .ok
}
