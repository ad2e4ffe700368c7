import CDovetail
import Glibc
import HostSupport
import Testing

@testable import PluginHost

/// A worker process by itself.
@Suite struct WorkerTests {
  private func worker(standsBy: Bool = false) throws -> Worker {
    let rules = SandboxRules(
      Permissions(defaultsFor: "a"), image: "/usr/lib", limits: WorkerLimits(), bestEffort: true)
    let plan = Worker.Plan(
      program: try WorkerProgram(configured: nil),
      environment: WorkerProgram.environment(needing: []), rules: rules)
    return try Worker(
      plan, try WorkerWarden(), level: .info, group: nil, standsBy: standsBy
    ) { _ in }
  }

  @Test func `What is asked of a worker that was ended is answered`() throws {
    let worker = try worker()
    #expect(worker.report(standby: nil)?.pid == Int(worker.pid))
    #expect(worker.end(whileCallsRun: false))
    #expect(worker.jobs == 0)
    #expect(worker.calls == 0)
    #expect(unsafe worker.plugin.`init` == nil)
    worker.setLevel(.debug)
    worker.giveUp()
    #expect(worker.report(standby: nil) == nil)
  }

  @Test func `A worker that stands by fits its plan until it has ended, whoever ends it`() throws {
    let worker = try worker(standsBy: true)
    #expect(worker.fits(worker.plan))
    var another = worker.plan
    another.spin += 1
    #expect(!worker.fits(another))
    kill(worker.pid, SIGKILL)
    let end = worker.howItEnded(until: .after(milliseconds: 10_000))
    #expect(end?.exit == .signal(SIGKILL))
    #expect(!worker.fits(worker.plan))
    #expect(worker.end(whileCallsRun: false))
  }
}
