public import Foundation

/// What the processes of a job use at one moment. Processor time and I/O count from the job's start.
public struct UsageSample: Hashable, Sendable, Codable {
    public var time: Date
    public var cpuSeconds: Double
    /// Resident, of all processes together; what they share is counted for each.
    public var memoryBytes: Int64
    public var readBytes: Int64
    public var writtenBytes: Int64
    public var processes: Int
    /// How much output the job had; nil in a history of an earlier version.
    public var outputBytes: Int64?

    public init(
        time: Date, cpuSeconds: Double, memoryBytes: Int64, readBytes: Int64, writtenBytes: Int64, processes: Int,
        outputBytes: Int64? = nil
    ) {
        self.time = time
        self.cpuSeconds = cpuSeconds
        self.memoryBytes = memoryBytes
        self.readBytes = readBytes
        self.writtenBytes = writtenBytes
        self.processes = processes
        self.outputBytes = outputBytes
    }
}

/// How a job's use of the machine went: at most ``limit`` samples, thinned while the job goes on, so that they span all of it.
public struct UsageHistory: Hashable, Sendable, Codable {
    public private(set) var intervalSeconds: Int
    public private(set) var samples: [UsageSample]

    public static let limit = 600

    public init() {
        intervalSeconds = 1
        samples = []
    }

    /// Called about once a second.
    mutating func add(_ sample: UsageSample) {
        if let last = samples.last {
            // Before the last one: the time of day was set back.
            let passed = sample.time.timeIntervalSince(last.time)
            guard passed < 0 || passed >= Double(intervalSeconds) - 0.5 else { return }
        }
        var sample = sample
        // A process that nobody waited for takes its share with it; what counts from the start never becomes less.
        if let last = samples.last {
            sample.cpuSeconds = max(sample.cpuSeconds, last.cpuSeconds)
            sample.readBytes = max(sample.readBytes, last.readBytes)
            sample.writtenBytes = max(sample.writtenBytes, last.writtenBytes)
        }
        samples.append(sample)
        guard samples.count >= Self.limit else { return }
        samples = samples.indices.filter { $0.isMultiple(of: 2) }.map { samples[$0] }
        intervalSeconds *= 2
    }
}
