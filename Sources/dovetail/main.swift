import ControlPlane
import FoundationEssentials
import Glibc

let environment = ProcessInfo.processInfo.environment
let program = Program(commands: allCommands, environment: environment)
exit(program.run(Array(CommandLine.arguments.dropFirst())).rawValue)
