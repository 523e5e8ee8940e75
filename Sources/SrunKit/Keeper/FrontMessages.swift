/// What a front tells a keeper that stays: the process that somebody has started, and signals.
enum FrontMessage: Hashable, Sendable {
    /// Start a server for me. With the descriptors of ``Place``.
    case attach(Attachment)
    /// Somebody asks for the end; the second time in a hurry.
    case end
    case upgrade
    /// SIGUSR1: something for the server.
    case reload

    /// The order in which the descriptors of an attachment travel: standard input, output and error, the current folder, and the
    /// program.
    enum Place {
        static let streams = 0..<3
        static let folder = 3
        static let program = 4
        static let count = 5
    }

    var bytes: [UInt8] {
        switch self {
        case .attach(let attachment):
            var writer = FieldWriter(kind: 1)
            attachment.put(into: &writer)
            return writer.bytes
        case .end: return FieldWriter(kind: 2).bytes
        case .upgrade: return FieldWriter(kind: 3).bytes
        case .reload: return FieldWriter(kind: 4).bytes
        }
    }

    init(bytes: [UInt8]) throws(KeeperProtocolError) {
        let reader = try FieldReader(bytes)
        switch reader.kind {
        case 1: self = .attach(try Attachment(from: reader))
        case 2: self = .end
        case 3: self = .upgrade
        case 4: self = .reload
        default: throw .malformed
        }
    }
}

/// The start of a server as somebody wants it: what the keeper would otherwise have from its own start.
struct Attachment: Hashable, Sendable {
    /// The process that people see as srun.
    var process: Int32
    /// Where the program is installed.
    var path: String
    var arguments: [String]
    /// `NAME=value`.
    var environment: [String]

    init(process: Int32, path: String, arguments: [String], environment: [String]) {
        self.process = process
        self.path = path
        self.arguments = arguments
        self.environment = environment
    }

    func put(into writer: inout FieldWriter) {
        writer.put(.process, Int64(process))
        writer.put(.path, path)
        for argument in arguments { writer.put(.argument, argument) }
        for variable in environment { writer.put(.environment, variable) }
    }

    init(from reader: FieldReader) throws(KeeperProtocolError) {
        process = try reader.required(reader.number(.process, as: Int32.self))
        path = try reader.required(reader.text(.path))
        arguments = reader.texts(.argument)
        environment = reader.texts(.environment)
    }
}

/// What a keeper that stays tells whoever connects to it, and its front.
enum FrontAnswer: Hashable, Sendable {
    /// The first message, to everybody.
    case presence(KeeperPresence)
    /// Somebody else was faster.
    case refused(reason: String)
    /// The server has ended, and a front ends with its code.
    case end(code: Int32)

    var bytes: [UInt8] {
        switch self {
        case .presence(let presence):
            var writer = FieldWriter(kind: 1)
            presence.put(into: &writer)
            return writer.bytes
        case .refused(let reason):
            var writer = FieldWriter(kind: 2)
            writer.put(.reason, reason)
            return writer.bytes
        case .end(let code):
            var writer = FieldWriter(kind: 3)
            writer.put(.code, Int64(code))
            return writer.bytes
        }
    }

    init(bytes: [UInt8]) throws(KeeperProtocolError) {
        let reader = try FieldReader(bytes)
        switch reader.kind {
        case 1: self = .presence(try KeeperPresence(from: reader))
        case 2: self = .refused(reason: reader.text(.reason) ?? "")
        case 3: self = .end(code: try reader.required(reader.number(.code, as: Int32.self)))
        default: throw .malformed
        }
    }
}
