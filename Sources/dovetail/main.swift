import ControlPlane
import Glibc
import HostSupport

let environment = Environment.all
let program = Program(commands: allCommands, environment: environment)
exit(program.run(Array(CommandLine.arguments.dropFirst())).rawValue)
