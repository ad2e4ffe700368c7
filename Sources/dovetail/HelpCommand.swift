import ControlPlane

let helpCommand = Command(
  "help", "print the help of a command, the configuration's keys, or what the exit status means",
  operands: [
    Operand("COMMAND|configuration|exit-codes|trust", optional: true), Operand("…", optional: true),
  ],
  example: "dovetail help exit-codes"
) { invocation throws(CommandFailure) in
  let text = try HelpTopics(commands: invocation.commands).text(for: invocation.arguments.operands)
  invocation.show(["text": text]) { _ in text }
  return .ok
}
