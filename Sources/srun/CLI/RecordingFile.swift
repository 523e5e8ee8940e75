import Foundation
import NIOCore

/// A recording on its way to be played: in a file without a name, since it may be large and playing it may take hours, for which
/// no server should have to wait.
final class RecordingFile {
    private let file: UnsafeMutablePointer<FILE>
    private var line: UnsafeMutablePointer<CChar>?
    private var capacity = 0

    init() throws {
        guard let file = tmpfile() else {
            throw Failure(.cannotCreate, "cannot make a temporary file: \(SystemError.last)")
        }
        self.file = file
    }

    deinit {
        free(line)
        fclose(file)
    }

    func append(_ bytes: ByteBuffer) throws {
        let count = bytes.withUnsafeReadableBytes { fwrite($0.baseAddress, 1, $0.count, file) }
        guard count == bytes.readableBytes else {
            throw Failure(.inputOutput, "cannot write a temporary file: \(SystemError.last)")
        }
    }

    func rewindToStart() { rewind(file) }

    /// The next line, without its end.
    func nextLine() -> Data? {
        let length = getline(&line, &capacity, file)
        guard length > 0, let line else { return nil }
        return Data(bytes: line, count: length)
    }
}
