import Testing

/// Tests with a whole host in this process: one at a time, for it owns the process's signal handlers.
@Suite("A host", .serialized)
struct HostSuite {}
