import CPTY
import Foundation

/// A keeper that stays when the process that somebody has started ends: a session of its own, told what to start by its ``Front``.
extension KeeperProgram {
    /// The variable by which a keeper knows that it stays: the number of its end of the connection to its first front.
    public static let frontVariable = "SRUN_KEEPER_FRONT"
    /// Tells a worker that its keeper stays.
    static let stayingVariable = "SRUN_KEEPER_STAYS"
    private static let keeperName = "srun-keeper"

    /// Runs as a keeper that stays, until it has nothing to keep.
    ///
    /// - Returns: The exit code.
    public static func stay() -> Int32 {
        guard let number = getenv(frontVariable).flatMap({ Int32(String(cString: $0)) }) else { return 64 }
        unsetenv(frontVariable)
        let first = Descriptor(number)
        guard fcntl(number, F_SETFD, FD_CLOEXEC) == 0, first.stopWaiting() else { return 71 }
        // Neither Ctrl-C nor the end of a terminal is meant for it.
        setsid()
        cpty_set_name(keeperName)
        do throws(LaunchError) {
            let loop = try KeeperLoop(
                program: KeeperProgram(arguments: []), jobDescriptors: DescriptorLimit.raise(),
                door: FrontDoor(first: KeeperChannel(descriptor: first)))
            if case .exit(let code) = loop.run() { return code }
        } catch {
            let line = Array("srun: \(error)\n".utf8)
            _ = write(STDERR_FILENO, line, line.count)
        }
        return 71
    }

    /// Starts one from the program that runs here.
    func startStayingKeeper() throws(LaunchError) -> KeeperChannel {
        var ends: [Int32] = [-1, -1]
        guard cpty_open_channel(&ends) == 0 else { throw LaunchError(doing: "making a channel") }
        let mine = Descriptor(ends[0])
        let theirs = Descriptor(ends[1])
        var process: pid_t = 0
        let failure = Self.spawn(
            Self.runningProgram, [Self.keeperName], environment + ["\(Self.frontVariable)=\(Self.channelNumber)"],
            channel: theirs.number, &process)
        guard failure == 0 else { throw LaunchError(doing: "starting a keeper", errorNumber: failure) }
        return KeeperChannel(descriptor: mine)
    }

    var attachment: Attachment {
        Attachment(process: getpid(), path: path, arguments: arguments, environment: environment)
    }

    /// In the order of ``FrontMessage/Place``.
    func attachedDescriptors() throws(LaunchError) -> [Descriptor] {
        var descriptors: [Descriptor] = []
        for stream in STDIN_FILENO...STDERR_FILENO {
            // One that is closed is none to the server either.
            let copy = fcntl(stream, F_DUPFD_CLOEXEC, 0)
            descriptors.append(Descriptor(copy >= 0 ? copy : open("/dev/null", O_RDWR | O_CLOEXEC)))
        }
        descriptors.append(Descriptor(cpty_open_place(".")))
        descriptors.append(Descriptor(cpty_open_place(Self.runningProgram)))
        guard descriptors.allSatisfy({ $0.number >= 0 }) else { throw LaunchError(doing: "handing on a start") }
        return descriptors
    }

    /// Takes over what somebody wants started: the streams and the folder become those of this process, which its workers inherit.
    ///
    /// - Parameter descriptors: In the order of ``FrontMessage/Place``.
    static func taking(_ attachment: Attachment, _ descriptors: [Descriptor]) throws(LaunchError) -> KeeperProgram {
        for stream in FrontMessage.Place.streams { dup2(descriptors[stream].number, Int32(stream)) }
        _ = fchdir(descriptors[FrontMessage.Place.folder].number)
        // Above what a worker's own descriptors are moved to.
        let image = fcntl(descriptors[FrontMessage.Place.program].number, F_DUPFD_CLOEXEC, 16)
        guard image >= 0 else { throw LaunchError(doing: "taking over a start") }
        return KeeperProgram(
            path: attachment.path, arguments: attachment.arguments, environment: attachment.environment,
            image: Descriptor(image))
    }

    /// Lets go of streams and folder, which may be a terminal or a disk that somebody wants back.
    static func letGo() {
        let nothing = open("/dev/null", O_RDWR | O_CLOEXEC)
        guard nothing >= 0 else { return }
        for stream in STDIN_FILENO...STDERR_FILENO { dup2(nothing, stream) }
        close(nothing)
        _ = chdir("/")
    }
}
