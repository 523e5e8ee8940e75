/// Decides how long to wait before each event of a recording.
struct ReplaySchedule: Sendable {
    /// 2 is twice as fast.
    let speed: Double
    /// No pause of the recording counts for more seconds than this; nil leaves them.
    let idleLimit: Double?
    /// When the event before happened, in seconds since the start of the recording.
    private var time = 0.0

    /// - Parameter speed: More than 0.
    init(speed: Double = 1, idleLimit: Double? = nil) {
        self.speed = speed
        self.idleLimit = idleLimit
    }

    /// The pause between the event before and one at the given time. A time that goes back is no pause.
    mutating func pause(before time: Double) -> Duration {
        let gap = max(0, time - self.time)
        self.time = max(self.time, time)
        return .seconds(min(gap, idleLimit ?? gap) / speed)
    }
}
