import EventBus
import HostSupport

/// The way back out of probation: to the old generations, their saved states, and all that the new ones received.
extension ReloadTransaction {
  /// Members whose new generation still serves; one that was ended meanwhile stays so.
  var serving: [ReloadMember] {
    members.filter { lifecycle.table[$0.id]?.current === $0.new }
  }

  /// Makes the old generations serve again.
  ///
  /// One that was suspended resumes; one that was cleaned up is started again from the same image and the saved state. Each
  /// then receives what its successor received, marked as redelivered. One that cannot be started again has failed.
  ///
  /// - Parameter reason: What the root's last error is then.
  func rollBack(because reason: String) {
    let members = serving
    rest(members)
    for member in members.reversed() where member.isHandoff { cleanUp(member.new) }
    let returned = members.compactMap { member in bringBack(member).map { (member, $0) } }
    let exchanges = returned.map { member, old in
      handover.begin(from: member.new, to: old, recorder: nil)
    }
    for ((member, old), exchange) in zip(returned, exchanges) {
      handover.finish(exchange, from: member.new, to: old, replaying: member.log)
      noteServing(old, lastError: member.id == root.id ? reason : nil)
      handover.releaseHeld(of: old.instance)
      lifecycle.beginServing(old)
    }
    for member in members.reversed() { leave(member) }
    close()
  }

  /// Makes the reload final: nothing is recorded any more.
  func close() {
    for member in members { member.log?.close() }
  }

  private func rest(_ members: [ReloadMember]) {
    bus.closeGates(
      of: members.flatMap { core.gatedOwners(of: $0.new.instance) },
      callables: members.flatMap { core.gatedCallables(of: $0.new.instance) })
    let deadline = Deadline.after(milliseconds: lifecycle.configuration.drainDeadline)
    for member in members.reversed() {
      _ = bus.drain(member.new.instance.owner, until: deadline)
      guard !member.new.isTainted else { continue }
      lifecycle.noteFailure(member.new, .quiesce, lifecycle.run(member.new, .quiesce))
    }
    for member in members {
      bus.closeGates(of: [], callables: core.gatedValidators(of: member.new.instance))
      _ = bus.drain(member.new.instance.judging, until: deadline)
    }
    for member in members where !member.isHandoff { member.new.instance.setMode(.suspended) }
  }

  /// What it owns must be free before its predecessor starts.
  private func cleanUp(_ new: Generation) {
    new.instance.voidHandles()
    let deadline = Deadline.after(milliseconds: lifecycle.configuration.drainDeadline)
    _ = new.instance.figures.end(until: deadline)
    if !new.isTainted {
      lifecycle.noteFailure(new, .cleanup, lifecycle.run(new, .cleanup))
      new.forgetProgress()
    }
    new.instance.setMode(.gone)
  }

  /// - Returns: What is to serve; `nil` when it could not be started again.
  private func bringBack(_ member: ReloadMember) -> Generation? {
    guard member.isHandoff else {
      member.old.instance.setMode(.open)
      lifecycle.noteFailure(member.old, .resume, lifecycle.run(member.old, .resume))
      return member.old
    }
    do throws(OperationError) {
      return try startAgain(member, image: member.sharesImage ? member.new : member.old)
    } catch {
      noteNotRevived(member, error)
      return nil
    }
  }

  /// Takes away what serves no longer.
  private func leave(_ member: ReloadMember) {
    let unloading = lifecycle.unwind(member.new, hears: false)
    guard !member.sharesImage else { return }
    if member.isHandoff { end(member.old) }
    lifecycle.table.update(member.id) { $0.lastUnload = unloading }
  }
}
