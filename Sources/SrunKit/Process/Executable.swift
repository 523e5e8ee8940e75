import Foundation

/// Finds the file to execute.
enum Executable {
    /// - Throws: ENOENT when no folder of the *job's* PATH has the program; the server's own PATH does not count.
    static func resolve(
        _ command: JobSpec.Command, environment: [String: String]
    ) throws(LaunchError) -> (path: String, arguments: [String]) {
        switch command {
        case .shell(let text):
            return ("/bin/sh", ["/bin/sh", "-c", text])
        case .arguments(let arguments):
            guard let name = arguments.first else {
                throw LaunchError(doing: "looking for the program", errorNumber: ENOENT)
            }
            if name.contains("/") { return (name, arguments) }
            var failure = ENOENT
            for folder in (environment["PATH"] ?? "").split(separator: ":") {
                let path = "\(folder)/\(name)"
                var status = stat()
                guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { continue }
                if access(path, X_OK) == 0 { return (path, arguments) }
                // As execvp(3): a file without the right to run it is remembered, and the search goes on.
                failure = EACCES
            }
            throw LaunchError(doing: "looking for the program", errorNumber: failure)
        }
    }
}
