import Crypto
import HTTPTypes
import HummingbirdCore
import SrunKit

/// `Idempotency-Key`: who repeats a request because the answer was lost gets the job of the first one.
///
/// The key becomes the job's identifier, so every store refuses the second job by itself, also on another node at the same moment. Keys of
/// different people are different. A key is free again once its job was removed.
struct IdempotencyKey: Sendable {
    let job: JobID

    /// - Returns: Nil when there is no such field.
    /// - Throws: ``RequestError`` for a key that is not 1 to 255 visible characters of ASCII.
    init?(_ request: Request, actor: String?) throws(RequestError) {
        guard let name = HTTPField.Name("Idempotency-Key"), let key = request.headers[name] else { return nil }
        guard (1...255).contains(key.utf8.count), key.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) else {
            throw .invalidField("Idempotency-Key", "Idempotency-Key must be 1 to 255 visible characters of ASCII")
        }
        var hash = SHA256()
        hash.update(data: Array("srun job\0\(actor ?? "")\0\(key)".utf8))
        // RFC 9562 §5.8: version 8 is for identifiers that are made in a way of one's own.
        var bytes = Array(hash.finalize().prefix(16))
        bytes[6] = bytes[6] & 0x0f | 0x80
        bytes[8] = bytes[8] & 0x3f | 0x80
        var text = ""
        for (index, byte) in bytes.enumerated() {
            if [4, 6, 8, 10].contains(index) { text += "-" }
            let digits = String(byte, radix: 16)
            text += digits.utf8.count == 1 ? "0" + digits : digits
        }
        guard let job = JobID(text) else { return nil }
        self.job = job
    }
}
