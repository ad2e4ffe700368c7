import Glibc

// dovetail-demo --dovetail PATH --plugins DIR --log PATH: see README.md beside this file.
do {
  let arguments = try DemoArguments(CommandLine.arguments.dropFirst())
  exit(try Demo(arguments).run())
} catch {
  Terminal.complain("demo: \(error)")
  exit(error.status)
}
