import ControlPlane

let topCommand = Command(
  "top", "show live what the host does: rates, queues, slowest handlers, plugins",
  options: [
    Option("interval", value: "MS", "how often to look, 100...60000 (default: 1000)"),
    Option("count", value: "N", "end after so many looks"),
    Option("once", "look once, over one interval, and print the whole"),
  ],
  discussion:
    "On a terminal it is redrawn in place; q or Ctrl-C ends it. Elsewhere it prints a line for\n"
    + "each look; with --json an object a line.",
  example: "dovetail top --once --json"
) { invocation throws(CommandFailure) in try Top.run(invocation) }
