import Logging
import Synchronization

/// Shows the command line on this machine where the server is, for as long as it is there.
final class ServerSign: Sendable {
    private let file = Mutex<ServerFile?>(nil)

    /// Without it the server works all the same, so a failure is only told.
    func put(into folder: StateFolder, url: String, owner: Int32, logger: Logger) {
        do {
            let made = try ServerFile(folder.file(ServerFile.name), url: url, owner: owner)
            file.withLock { $0 = made }
        } catch {
            logger.warning("commands on this machine will need --url", metadata: ["error": "\(error)"])
        }
    }

    func takeAway() {
        let made = file.withLock { file in
            defer { file = nil }
            return file
        }
        made?.remove()
    }
}
