import Foundation

/// An event of a recording that shows something.
struct RecordedOutput: Hashable, Sendable {
    /// Seconds since the start.
    let time: Double
    let text: String

    /// Reads a line of an asciicast; nil for its header and for events of other kinds.
    init?(line: Data) {
        guard let event = try? JSONDecoder().decode(Event.self, from: line), event.kind == "o" else { return nil }
        time = event.time
        text = event.text
    }

    init(time: Double, text: String) {
        self.time = time
        self.text = text
    }

    private struct Event: Decodable {
        let time: Double
        let kind: String
        let text: String

        init(from decoder: any Decoder) throws {
            var fields = try decoder.unkeyedContainer()
            time = try fields.decode(Double.self)
            kind = try fields.decode(String.self)
            text = try fields.decode(String.self)
        }
    }
}

/// Plays a recording: shows each event when its time has come.
struct RecordingPlayer<PlayClock: Clock> where PlayClock.Duration == Duration {
    var schedule: ReplaySchedule
    let clock: PlayClock

    /// Returns after the last event.
    ///
    /// - Throws: `CancellationError`; whatever the closures throw.
    mutating func play(
        _ next: () throws -> RecordedOutput?, show: (String) throws -> Void
    ) async throws {
        // Against a time that is reckoned and not against the event before: what showing costs does not add up.
        var due = clock.now
        while let event = try next() {
            due = due.advanced(by: schedule.pause(before: event.time))
            if clock.now < due {
                try await clock.sleep(until: due, tolerance: nil)
            } else {
                try Task.checkCancellation()
            }
            try show(event.text)
        }
    }
}
