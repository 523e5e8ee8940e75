import Foundation
import NIOSSL
import Synchronization

/// The server's certificate and key, read from files, and read again when somebody says so.
///
/// Connections that are open keep what they were opened with; new ones get the new certificate.
final class TLSIdentity: Sendable {
    private let certificateFile: String
    private let keyFile: String
    private let current: Mutex<NIOSSLContext>
    private let interval: Mutex<DateInterval>

    /// - Throws: ``Failure``: with ``ExitCodes/permission`` when others can read the key, with ``ExitCodes/badData`` when the
    ///   files are not what they should be or do not belong together.
    init(certificateFile: String, keyFile: String) throws {
        self.certificateFile = certificateFile
        self.keyFile = keyFile
        let (context, validity) = try Self.read(certificateFile, keyFile)
        current = Mutex(context)
        interval = Mutex(validity)
    }

    var context: NIOSSLContext { current.withLock { $0 } }

    /// When the certificate is good.
    var validity: DateInterval { interval.withLock { $0 } }

    /// Reads the files again. What was there stays when they cannot be used.
    func reload() throws {
        let (context, validity) = try Self.read(certificateFile, keyFile)
        current.withLock { $0 = context }
        interval.withLock { $0 = validity }
    }

    private static func read(_ certificateFile: String, _ keyFile: String) throws -> (NIOSSLContext, DateInterval) {
        try PrivateFile.check(keyFile, called: "the TLS key")
        let certificates: [NIOSSLCertificate]
        do {
            certificates = try NIOSSLCertificate.fromPEMFile(certificateFile)
        } catch {
            throw Failure(.badData, "the TLS certificate \(certificateFile) cannot be read: it must be PEM")
        }
        guard let leaf = certificates.first else {
            throw Failure(.badData, "the TLS certificate \(certificateFile) holds no certificate")
        }
        let key: NIOSSLPrivateKey
        do {
            key = try NIOSSLPrivateKey(file: keyFile, format: .pem)
        } catch {
            throw Failure(.badData, "the TLS key \(keyFile) cannot be read: it must be PEM without a password")
        }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: certificates.map { .certificate($0) }, privateKey: .privateKey(key))
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        do {
            let start = Date(timeIntervalSince1970: TimeInterval(leaf.notValidBefore))
            let end = Date(timeIntervalSince1970: TimeInterval(leaf.notValidAfter))
            return (try NIOSSLContext(configuration: configuration), DateInterval(start: start, end: max(start, end)))
        } catch {
            throw Failure(
                .badData, "the TLS certificate \(certificateFile) and the key \(keyFile) do not belong together")
        }
    }
}

/// A file with a secret, which nobody else may read.
enum PrivateFile {
    /// The one line that is in it.
    ///
    /// - Throws: As ``check(_:called:)``; with ``ExitCodes/badData`` also when there is no line, or more than one.
    static func text(_ path: String, called name: String) throws -> String {
        try check(path, called: name)
        let lines = (try? String(contentsOfFile: path, encoding: .utf8))?.split(whereSeparator: \.isNewline) ?? []
        guard lines.count == 1, let line = lines.first, line.utf8.count <= 4096 else {
            throw Failure(.badData, "\(name) \(path) must be one line of text")
        }
        return String(line)
    }

    /// - Throws: ``Failure`` with ``ExitCodes/permission`` when others can read or write it, with ``ExitCodes/badData`` when
    ///   there is none.
    static func check(_ path: String, called name: String) throws {
        guard
            let attributes = try? FileManager.default.attributesOfItem(
                atPath: (path as NSString).resolvingSymlinksInPath)
        else { throw Failure(.badData, "\(name) \(path) cannot be read") }
        let mode = (attributes[.posixPermissions] as? NSNumber)?.intValue ?? 0o777
        let owner = (attributes[.ownerAccountID] as? NSNumber)?.uint32Value
        guard mode & 0o077 == 0, owner == geteuid() || owner == 0 else {
            throw Failure(.permission, "\(name) \(path) can be read by others; set its mode with: chmod 600 \(path)")
        }
    }
}
