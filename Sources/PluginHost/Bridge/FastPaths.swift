import CBridge
import CDovetail
import EventBus

/// What the fast paths in C do when a call is not an ordinary one; see `br_ways`.
@safe enum FastPaths {
  private static let ways = unsafe br_ways(
    publish: { host, topic, event, error in
      unsafe EventsInterface.publish(host, topic, event, error)
    },
    publish_named: { host, event, error in
      unsafe EventsInterface.publishNamed(host, event, error)
    },
    refuse: { code, host, topic, error in
      unsafe EventsInterface.refuse(code, host, topic, error)
    },
    call: { host, name, request, reply, error in
      unsafe ServicesInterface.call(host, name, request, reply, error)
    },
    call_failed: { host, name, provider, code, fault, isLate, error in
      unsafe ServicesInterface.callFailed(
        host, name, provider, CallResult(code: code, fault: fault), isLate: isLate != 0, error)
    })

  /// Tells the fast paths, once for the process; before a plugin gets its host.
  static let areSet: Void = br_set_ways(ways)
}
