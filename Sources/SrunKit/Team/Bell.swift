import Synchronization

/// Something that one task waits for and others ring: rung while nobody waits, it is heard by the next who does.
final class Bell: Sendable {
    private let state = Mutex(OneShot<Void>())

    func ring() { state.withLock { $0 }.fulfil(()) }

    /// Waits for a ring, at most so long.
    func wait(upTo limit: Duration, clock: any Clock<Duration>) async {
        let present = state.withLock { $0 }
        _ = await race(clock: clock, limit: limit) { await present.value() }
        // What is rung from here on is for the next wait.
        state.withLock { if $0.current != nil { $0 = OneShot() } }
    }
}
