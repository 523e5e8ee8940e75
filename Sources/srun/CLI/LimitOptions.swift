import ArgumentParser

/// What a job may use, and whether it is tried again.
struct LimitOptions: ParsableArguments {
    @Option(help: ArgumentHelp("At most so much memory, for example 512MiB.", valueName: "bytes"))
    var memory: String?

    @Option(help: ArgumentHelp("At most so many processes and threads at once.", valueName: "n"))
    var processes: Int64?

    @Option(help: ArgumentHelp("At most so much of the processors together, for example 1.5.", valueName: "cores"))
    var cpus: Double?

    @Option(help: ArgumentHelp("At most so many open files in each process.", valueName: "n"))
    var openFiles: Int64?

    @Option(help: ArgumentHelp("No file it writes grows beyond this size.", valueName: "bytes"))
    var fileSize: String?

    @Option(help: ArgumentHelp("So much processor time for each process.", valueName: "seconds"))
    var cpuSeconds: Int64?

    @Option(help: ArgumentHelp("0 to 19: how far behind other programs it stands.", valueName: "n"))
    var nice: Int?

    @Option(help: ArgumentHelp("When it fails, try again up to so many times, each as a new job.", valueName: "n"))
    var retries: Int?

    @Option(
        help: ArgumentHelp("Pause before the first further try; each later one is twice as long.", valueName: "seconds")
    )
    var retryDelay: Double?
}

/// `limits` and `retries` of a request, of what was asked for.
struct RequestedLimits: Encodable {
    var memoryBytes: Int64?
    var processes: Int64?
    var cpuCores: Double?
    var openFiles: Int64?
    var fileBytes: Int64?
    var cpuSeconds: Int64?

    /// - Returns: Nil when nothing is limited.
    init?(_ options: LimitOptions) throws {
        memoryBytes = try options.memory.map { try Self.bytes($0, "--memory") }
        processes = options.processes
        cpuCores = options.cpus
        openFiles = options.openFiles
        fileBytes = try options.fileSize.map { try Self.bytes($0, "--file-size") }
        cpuSeconds = options.cpuSeconds
        let isLimited =
            memoryBytes != nil || processes != nil || cpuCores != nil || openFiles != nil || fileBytes != nil
            || cpuSeconds != nil
        guard isLimited else { return nil }
    }

    private static func bytes(_ text: String, _ flag: String) throws -> Int64 {
        guard let bytes = Limit<Int64>(bytes: text)?.value else {
            throw ValidationError("\(flag) must be an amount of bytes, for example 512MiB or 2GB")
        }
        return bytes
    }
}

struct RequestedRetries: Encodable {
    let count: Int
    let delaySeconds: Double?

    /// - Returns: Nil when a job that fails is not tried again.
    init?(_ options: LimitOptions) throws {
        guard let count = options.retries else {
            if options.retryDelay != nil { throw ValidationError("--retry-delay goes with --retries") }
            return nil
        }
        self.count = count
        delaySeconds = options.retryDelay
    }
}
