import ControlPlane

let completionsCommand = Command(
  "completions", "print a shell's completion script",
  operands: [Operand("SHELL", completion: .words(["bash", "zsh", "fish"]))],
  discussion: "bash: source <(dovetail completions bash)\n"
    + "zsh:  dovetail completions zsh > \"${fpath[1]}/_dovetail\"\n"
    + "fish: dovetail completions fish > ~/.config/fish/completions/dovetail.fish",
  example: "dovetail completions bash > /etc/bash_completion.d/dovetail"
) { invocation throws(CommandFailure) in
  let script = try Completions(commands: invocation.commands).script(for: invocation.operand(0))
  invocation.show(["script": script]) { _ in script }
  return .ok
}
