import ArgumentParser
import NIOCore
import NIOHTTP1

struct ReplayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Play the output of a job as it came, in its own time.",
        discussion: """
            Of a running job, what it has printed up to now. What the output asks of the terminal beyond showing it is left \
            out, as with srun run. Ctrl-C ends it.
            """
    )

    @OptionGroup var client: ClientOptions

    @Option(help: ArgumentHelp("2 is twice as fast, 0.5 half as fast.", valueName: "factor"))
    var speed = 1.0

    @Option(help: ArgumentHelp("Shorten every pause to at most so many seconds.", valueName: "seconds"))
    var idleLimit: Double?

    @OptionGroup var job: JobArgument

    func validate() throws {
        guard speed >= 0.001, speed <= 1_000_000 else { throw ValidationError("--speed must be from 0.001 to 1000000") }
        guard idleLimit.map({ $0 >= 0 && $0.isFinite }) ?? true else {
            throw ValidationError("--idle-limit must be a number of seconds")
        }
    }

    func run() async throws {
        let schedule = ReplaySchedule(speed: speed, idleLimit: idleLimit)
        try await client.withClient { [job] client in
            let id = try await job.id(client)
            try await Interruption.cancels {
                let file = try RecordingFile()
                let response = try await client.send(.GET, APIClient.path(id, "/recording"))
                try await client.read(response) { try file.append($0) }
                file.rewindToStart()
                var writer = OutputWriter(.screen)
                defer { writer.finish() }
                var player = RecordingPlayer(schedule: schedule, clock: .continuous)
                try await player.play {
                    while let line = file.nextLine() {
                        if let event = RecordedOutput(line: line) { return event }
                    }
                    return nil
                } show: {
                    try writer.write(ByteBuffer(string: $0))
                }
            }
        }
    }
}
