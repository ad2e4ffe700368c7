/// A failure as `--json` prints it on standard error.
struct FailureReport: Encodable {
  let code: String
  let exitCode: Int32
  let plugin: String?
  let message: String
  let advice: String?

  init(_ failure: CommandFailure) {
    code = failure.code
    exitCode = failure.exitCode.rawValue
    plugin = failure.plugin
    message = failure.message
    advice = failure.advice
  }
}
