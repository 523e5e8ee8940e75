/// How long something takes, whatever anybody sets the time of day to meanwhile.
struct Stopwatch: Sendable {
    private let passed: @Sendable () -> Duration

    /// - Parameter ahead: How long it had gone on before.
    init(_ clock: any Clock<Duration>, ahead: Duration = .zero) {
        let measured = Self.measure(clock)
        passed = { ahead + measured() }
    }

    var elapsed: Duration { passed() }

    private static func measure(_ clock: some Clock<Duration>) -> @Sendable () -> Duration {
        let start = clock.now
        return { start.duration(to: clock.now) }
    }
}
