/// Something fetched from elsewhere and kept for a while. Many may ask at once: one fetches, the others wait for the same answer.
actor CachedValue<Value: Sendable> {
    private let lifetime: Duration
    /// At least so long is between two fetches, however they ended and whoever asks.
    private let pause: Duration
    private let now: @Sendable () -> ContinuousClock.Instant
    private let fetch: @Sendable () async -> Result<Value, OpenIDFailure>
    private var last: (result: Result<Value, OpenIDFailure>, at: ContinuousClock.Instant)?
    private var running: Task<Result<Value, OpenIDFailure>, Never>?

    init(
        lifetime: Duration, pause: Duration, now: @escaping @Sendable () -> ContinuousClock.Instant,
        fetch: @escaping @Sendable () async -> Result<Value, OpenIDFailure>
    ) {
        self.lifetime = lifetime
        self.pause = pause
        self.now = now
        self.fetch = fetch
    }

    /// - Parameter isStale: Whether what is kept is known to be no longer enough.
    func current(isStale: Bool = false) async throws(OpenIDFailure) -> Value {
        if let last {
            let age = last.at.duration(to: now())
            var isKept = age < pause
            if !isStale, case .success = last.result { isKept = age < lifetime }
            if isKept { return try last.result.get() }
        }
        let task = running ?? begin()
        return try await task.value.get()
    }

    private func begin() -> Task<Result<Value, OpenIDFailure>, Never> {
        let fetch = fetch
        let task = Task {
            let result = await fetch()
            finish(result)
            return result
        }
        running = task
        return task
    }

    private func finish(_ result: Result<Value, OpenIDFailure>) {
        last = (result, now())
        running = nil
    }
}
