/// What a job may use. Nil means no limit of its own.
public struct JobLimits: Hashable, Sendable, Codable {
    /// Of all its processes together where a cgroup can be made, otherwise of the address space of each.
    public var memoryBytes: Int64?
    /// How many processes and threads at once. Needs a cgroup.
    public var processes: Int64?
    /// Of all processors together, for example 0.5 or 2. Needs a cgroup.
    public var cpuCores: Double?
    /// Per process.
    public var openFiles: Int64?
    /// The size of any file it writes.
    public var fileBytes: Int64?
    /// Processor time of each process, after which it is sent SIGXCPU and then killed.
    public var cpuSeconds: Int64?

    public init(
        memoryBytes: Int64? = nil, processes: Int64? = nil, cpuCores: Double? = nil, openFiles: Int64? = nil,
        fileBytes: Int64? = nil, cpuSeconds: Int64? = nil
    ) {
        self.memoryBytes = memoryBytes
        self.processes = processes
        self.cpuCores = cpuCores
        self.openFiles = openFiles
        self.fileBytes = fileBytes
        self.cpuSeconds = cpuSeconds
    }

    public static let none = JobLimits()

    func validate() throws(JobSpecError) {
        let wholes: [(String, Int64?, ClosedRange<Int64>)] = [
            ("memoryBytes", memoryBytes, 1 << 20...1 << 50), ("processes", processes, 1...1_000_000),
            ("openFiles", openFiles, 8...1_000_000), ("fileBytes", fileBytes, 0...1 << 60),
            ("cpuSeconds", cpuSeconds, 1...100_000_000),
        ]
        for (name, value, range) in wholes {
            guard let value, !range.contains(value) else { continue }
            throw JobSpecError(
                .invalidField, field: "limits",
                "\(name) of limits must be from \(range.lowerBound) to \(range.upperBound)")
        }
        if let cpuCores, !(0.01...4096).contains(cpuCores) {
            throw JobSpecError(.invalidField, field: "limits", "cpuCores of limits must be from 0.01 to 4096")
        }
    }
}

/// Whether and how a command that has failed is tried again.
public struct RetryPolicy: Hashable, Sendable, Codable {
    /// How many times at most, after the first.
    public var count: Int
    /// Before the first further try; each later one waits twice as long as the one before.
    public var delaySeconds: Double
    public var maxDelaySeconds: Double

    public init(count: Int, delaySeconds: Double = 1, maxDelaySeconds: Double = 60) {
        self.count = count
        self.delaySeconds = delaySeconds
        self.maxDelaySeconds = maxDelaySeconds
    }

    func validate() throws(JobSpecError) {
        guard (0...100).contains(count), (0...86_400).contains(delaySeconds), (0...86_400).contains(maxDelaySeconds)
        else {
            throw JobSpecError(
                .invalidField, field: "retries", "retries has a count from 0 to 100 and delays from 0 to 86400 seconds")
        }
    }

    /// The pause before a try, which is the second one or later, in seconds.
    func pause(before attempt: Int) -> Double {
        min(maxDelaySeconds, delaySeconds * Double(1 << min(20, max(0, attempt - 2))))
    }
}

/// Which try of a command a job is.
public struct RetryOrigin: Hashable, Sendable, Codable {
    /// The try before.
    public var of: JobID
    /// The first try is 1, so here it is 2 or more.
    public var attempt: Int

    public init(of: JobID, attempt: Int) {
        self.of = of
        self.attempt = attempt
    }
}

extension JobSpec {
    /// The same with what few jobs have.
    ///
    /// - Throws: ``JobSpecError``.
    public func with(
        limits: JobLimits = .none, nice: Int = 0, retries: RetryPolicy? = nil
    ) throws(JobSpecError) -> JobSpec {
        try limits.validate()
        try retries?.validate()
        guard (0...19).contains(nice) else {
            throw JobSpecError(.invalidField, field: "nice", "nice must be from 0 to 19")
        }
        var spec = self
        spec.limits = limits
        spec.nice = nice
        spec.retries = retries
        return spec
    }

    /// The same as a further try of another job, or with nil as a first one.
    public func tried(_ origin: RetryOrigin?) -> JobSpec {
        var spec = self
        spec.retry = origin
        return spec
    }

    /// 1 for a job that is not a retry.
    public var attempt: Int { retry?.attempt ?? 1 }
}

extension JobID: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let id = JobID(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not the identifier of a job")
        }
        self = id
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}
