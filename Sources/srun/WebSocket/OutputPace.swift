/// Decides when the next output is sent: what comes after a silence at once, what pours together with what comes in a short
/// while.
///
/// A line every ten milliseconds is never held back, since somebody may be waiting for each; a hundred lines in that time
/// make one message, which costs a browser a hundredth of a hundred.
struct OutputPace: Sendable {
    /// A batch of this size is worth a message of its own; waiting would only slow it down.
    static let fullBatch = 32 * 1024

    /// How long output is gathered while it pours. Sends closer together than half of this are pouring.
    let gathering: Duration
    private var lastSend: ContinuousClock.Instant?

    init(gathering: Duration) {
        self.gathering = gathering
    }

    /// To be called after each send of so many bytes.
    ///
    /// - Throws: `CancellationError`.
    mutating func wait(after byteCount: Int) async throws {
        guard let pause = pause(after: byteCount, at: .now) else { return }
        try await Task.sleep(for: pause)
    }

    /// How long to gather before the next send, when so many bytes were sent at that time; nil for not at all.
    mutating func pause(after byteCount: Int, at time: ContinuousClock.Instant) -> Duration? {
        defer { lastSend = time }
        guard byteCount < Self.fullBatch, let lastSend, time - lastSend < gathering / 2 else { return nil }
        return gathering
    }
}
