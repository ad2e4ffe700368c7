import CHostSupport
import Glibc
import HostSupport
import PluginHost

/// Takes command lines apart with `getopt_long`: flags and operands in any order, `--` ends the flags.
///
/// Threading: `getopt_long` keeps its place in globals, so one parse at a time; the command line is parsed on the main thread.
public struct ArgumentParser {
  private let options: [Option]
  private let stopsAtOperand: Bool
  private let command: String

  /// Knows these flags.
  ///
  /// - Parameters:
  ///   - command: How errors name the command, such as "dovetail list".
  ///   - options: The flags.
  ///   - stopsAtOperand: Whether the first operand ends the flags, as before a subcommand's name.
  public init(command: String, options: [Option], stopsAtOperand: Bool = false) {
    self.command = command
    self.options = options
    self.stopsAtOperand = stopsAtOperand
  }

  /// Takes arguments apart; the first is not the program's name.
  ///
  /// - Throws: A usage failure that names the flag and the nearest known one.
  public func parse(_ arguments: [String]) throws(CommandFailure) -> ParsedArguments {
    let vector = CStrings([command] + arguments)
    let names = CStrings(options.map(\.name))
    var parsed = ParsedArguments()
    var step = unsafe hs_found()
    var restart: Int32 = 1
    while true {
      unsafe advance(vector, names, restart, &step)
      restart = 0
      if unsafe step.found == -1 { break }
      guard let option = option(for: unsafe step.found) else {
        let last = unsafe vector[Int(step.next) - 1]
        throw refusal(unsafe step.found, unsafe step.culprit, last)
      }
      let value = unsafe step.value.map { unsafe String(cString: $0) } ?? ""
      if !option.repeats { parsed.values[option.name] = [] }
      parsed.values[option.name, default: []].append(value)
    }
    parsed.operands = (Int(unsafe step.next)...arguments.count + 1).dropLast().map { vector[$0] }
    return parsed
  }

  private func advance(
    _ vector: CStrings, _ names: CStrings, _ restart: Int32, _ step: inout hs_found
  ) {
    var flags: [hs_flag] = unsafe []
    for (index, option) in options.enumerated() {
      unsafe flags.append(
        hs_flag(name: names.pointers[index], takes_value: option.value == nil ? 0 : 1))
    }
    _ = unsafe vector.pointers.withUnsafeMutableBufferPointer { pointers in
      unsafe hs_getopt(
        Int32(pointers.count - 1), pointers.baseAddress, shorts, flags, Int32(flags.count),
        restart, &step)
    }
  }

  /// A leading "+" stops at the first operand, ":" tells a missing value from an unknown flag.
  private var shorts: String {
    options.reduce(stopsAtOperand ? "+:" : ":") { result, option in
      guard let short = option.short else { return result }
      return result + String(short) + (option.value == nil ? "" : ":")
    }
  }

  private func option(for found: Int32) -> Option? {
    if found >= 256 { return options[Int(found) - 256] }
    return options.first { $0.short?.asciiValue.map(Int32.init) == found }
  }

  private func refusal(
    _ found: Int32, _ culprit: Int32, _ last: String
  ) -> CommandFailure {
    let help = "see `\(command) --help`"
    if found == Int32(UInt8(ascii: ":")) {
      let option = culprit >= 256 ? options[Int(culprit) - 256] : option(for: culprit)
      let name = option.map { "--\($0.name) \($0.value ?? "")" } ?? last
      return .usage("\(name) needs a value", advice: help)
    }
    if culprit >= 256 {
      return .usage("--\(options[Int(culprit) - 256].name) takes no value", advice: help)
    }
    if culprit != 0 {
      let letter = Character(Unicode.Scalar(UInt8(clamping: culprit)))
      return .usage("\(command) has no flag -\(letter)", advice: help)
    }
    let name = String(last.drop { $0 == "-" }.prefix { $0 != "=" })
    let matches = options.filter { $0.name.hasPrefix(name) }.map { "--\($0.name)" }
    if matches.count > 1 {
      let list = matches.joined(separator: ", ")
      return .usage("--\(name) could be any of \(list)", advice: "write it out")
    }
    let near = Spelling.nearest(to: name, in: options.map(\.name))
    return .usage(
      "\(command) has no flag --\(name)", advice: near.map { "did you mean --\($0)?" } ?? help)
  }
}
