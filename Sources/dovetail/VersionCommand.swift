import ControlPlane

let versionCommand = Command(
  "version", "print the version", example: "dovetail version"
) { invocation throws(CommandFailure) in
  invocation.show(VersionReport.current) { _ in VersionReport.current.text }
  return .ok
}
