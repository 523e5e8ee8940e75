import CLibPQ
import Foundation
import NIOCore

/// One connection, on a thread of its own. libpq is used without blocking, so every wait has an end.
actor PQConnection {
    private nonisolated let executor = QueueExecutor(label: "srun.postgres")
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    static let connectLimit = Duration.seconds(10)
    static let statementLimit = Duration.seconds(30)
    /// For what has to be told apart from a server that is not there soon enough.
    static let writeLimit = Duration.seconds(10)

    /// The state of a failure that is not PostgreSQL's: its library is not on this machine.
    static let noLibrary = "SR002"

    // Only touched on the executor, and in deinit, when nobody else is left.
    private nonisolated(unsafe) var handle: OpaquePointer?

    /// Whether somebody asks for its notifications.
    private let listens: Bool

    init(listens: Bool = false) { self.listens = listens }

    deinit { if let handle { PQfinish(handle) } }

    var isOpen: Bool { handle != nil }

    func open(_ target: PQTarget) throws(PQFailure) {
        close()
        if let problem = clibpq_load() {
            throw PQFailure(kind: .server, state: Self.noLibrary, message: String(cString: problem))
        }
        let settings = target.settings
        let keywords = settings.map { strdup($0.0) } + [nil]
        let values = settings.map { strdup($0.1) } + [nil]
        defer { for text in keywords + values { free(text) } }
        // A host name is looked up in here, which may block this thread.
        let opened = PQconnectStartParams(
            keywords.map { UnsafePointer($0) }, values.map { UnsafePointer($0) }, 1)
        guard let opened else { throw .connection("out of memory") }
        handle = opened
        do {
            try finishOpening(opened, until: .now + Self.connectLimit)
            try target.checkEncryption(opened)
        } catch {
            close()
            throw error
        }
    }

    private func finishOpening(_ handle: OpaquePointer, until end: ContinuousClock.Instant) throws(PQFailure) {
        var step = PGRES_POLLING_WRITING
        while step != PGRES_POLLING_OK {
            guard step != PGRES_POLLING_FAILED, PQstatus(handle) != CONNECTION_BAD else {
                throw .connection(message(handle), state: Self.stateOfRefusal(message(handle)))
            }
            let events = Int16(step == PGRES_POLLING_READING ? POLLIN : POLLOUT)
            guard wait(for: events, handle, until: end) != nil else { throw .connection("no answer in time") }
            step = PQconnectPoll(handle)
        }
        guard PQsetnonblocking(handle, 1) == 0 else { throw .connection(message(handle)) }
        PQsetNoticeProcessor(handle, { _, _ in }, nil)
    }

    /// libpq does not tell the state of a refused connection, only its sentence.
    private static func stateOfRefusal(_ message: String) -> String {
        if message.contains("no password supplied") { return "28P01" }
        if message.contains("password authentication failed") || message.contains("authentication failed") {
            return "28P01"
        }
        if message.contains("no pg_hba.conf entry") || message.contains("role \"") { return "28000" }
        if message.contains("database \"") && message.contains("does not exist") { return "3D000" }
        return ""
    }

    func close() {
        if let handle { PQfinish(handle) }
        handle = nil
    }

    /// Sends statements in one go and returns what each has answered. When one fails, those after it are not carried out, and
    /// outside a transaction those before it are.
    func perform(_ statements: [PQStatement], limit: Duration = statementLimit) throws(PQFailure) -> [PQResult] {
        guard let handle else { throw .connection("not connected") }
        do {
            return try pipeline(statements, handle, until: .now + limit)
        } catch {
            if error.breaksConnection { close() }
            throw error
        }
    }

    private func pipeline(
        _ statements: [PQStatement], _ handle: OpaquePointer, until end: ContinuousClock.Instant
    ) throws(PQFailure) -> [PQResult] {
        guard PQenterPipelineMode(handle) == 1 else { throw .connection(message(handle)) }
        for statement in statements { try send(statement, handle) }
        guard PQpipelineSync(handle) == 1 else { throw .connection(message(handle)) }
        try flush(handle, until: end)
        var results: [PQResult] = []
        var failure: PQFailure?
        for _ in statements {
            switch try next(handle, until: end) {
            case .success(let result): results.append(result)
            case .failure(let error): failure = failure ?? error
            }
        }
        // The answer to the sync: everything was answered.
        if case .failure(let error) = try next(handle, until: end) { failure = failure ?? error }
        guard PQexitPipelineMode(handle) == 1 else { throw .connection(message(handle)) }
        // A pooler may lend a session that once listened: what nobody takes would pile up.
        while !listens, let note = PQnotifies(handle) { PQfreemem(note) }
        if let failure {
            if PQtransactionStatus(handle) != PQTRANS_IDLE { try abandonTransaction(handle, until: end) }
            throw failure
        }
        return results
    }

    private func abandonTransaction(_ handle: OpaquePointer, until end: ContinuousClock.Instant) throws(PQFailure) {
        guard PQsendQuery(handle, "ROLLBACK") == 1 else { throw .connection(message(handle)) }
        try flush(handle, until: end)
        _ = try next(handle, until: end)
    }

    private func send(_ statement: PQStatement, _ handle: OpaquePointer) throws(PQFailure) {
        var buffer = ByteBuffer()
        var places: [Range<Int>?] = []
        for value in statement.values {
            let start = buffer.writerIndex
            places.append(value.write(to: &buffer) ? start..<buffer.writerIndex : nil)
        }
        // One byte more than needed: an empty value needs an address too, since a null pointer means NULL.
        buffer.writeInteger(UInt8(0))
        let sent = buffer.withUnsafeReadableBytes { bytes -> Int32 in
            guard let base = bytes.baseAddress?.assumingMemoryBound(to: CChar.self) else { return 0 }
            let pointers = places.map { place -> UnsafePointer<CChar>? in place.map { base + $0.lowerBound } }
            return PQsendQueryParams(
                handle, statement.sql, Int32(statement.values.count), statement.values.map(\.type), pointers,
                places.map { Int32($0?.count ?? 0) }, [Int32](repeating: 1, count: places.count), 1)
        }
        guard sent == 1 else { throw .connection(message(handle)) }
    }

    private func flush(_ handle: OpaquePointer, until end: ContinuousClock.Instant) throws(PQFailure) {
        while true {
            let left = PQflush(handle)
            if left == 0 { return }
            guard left > 0 else { throw .connection(message(handle)) }
            // Answers are read while more is to be sent: otherwise both sides could wait for each other.
            guard let events = wait(for: Int16(POLLIN | POLLOUT), handle, until: end) else { throw timeOut }
            if events & Int16(POLLIN) != 0, PQconsumeInput(handle) != 1 { throw .connection(message(handle)) }
        }
    }

    private func next(_ handle: OpaquePointer, until end: ContinuousClock.Instant) throws(PQFailure) -> Result<
        PQResult, PQFailure
    > {
        var last: Result<PQResult, PQFailure>?
        while true {
            while PQisBusy(handle) == 1 {
                guard wait(for: Int16(POLLIN), handle, until: end) != nil else { throw timeOut }
                guard PQconsumeInput(handle) == 1 else { throw .connection(message(handle)) }
            }
            guard let raw = PQgetResult(handle) else {
                // A nil ends the results of one statement.
                if let last { return last }
                guard PQstatus(handle) == CONNECTION_OK else { throw .connection(message(handle)) }
                continue
            }
            let result = PQResult(raw)
            switch PQresultStatus(raw) {
            case PGRES_PIPELINE_SYNC: return .success(result)
            case PGRES_COMMAND_OK, PGRES_TUPLES_OK: last = .success(result)
            case PGRES_PIPELINE_ABORTED:
                last = .failure(PQFailure(kind: .server, state: "25P02", message: "an earlier statement failed"))
            default:
                let state = PQresultErrorField(raw, 67).map { String(cString: $0) } ?? ""
                let text = PQresultErrorMessage(raw).map { String(cString: $0) } ?? ""
                let isGone = PQstatus(handle) != CONNECTION_OK
                last = .failure(PQFailure(kind: isGone ? .connection : .server, state: state, message: text))
                if isGone { throw .connection(text, state: state) }
            }
        }
    }

    /// The notifications that arrive within a time: the channel and the payload of each.
    func notifications(within limit: Duration) throws(PQFailure) -> [(channel: String, payload: String)] {
        guard let handle else { throw .connection("not connected") }
        if wait(for: Int16(POLLIN), handle, until: .now + limit) != nil, PQconsumeInput(handle) != 1 {
            let failure = PQFailure.connection(message(handle))
            close()
            throw failure
        }
        var found: [(channel: String, payload: String)] = []
        while let note = PQnotifies(handle) {
            found.append((String(cString: note.pointee.relname), String(cString: note.pointee.extra)))
            PQfreemem(note)
        }
        return found
    }

    private var timeOut: PQFailure {
        // The connection is given up: its answer would come at the wrong time. The server is not asked to stop, which libpq can
        // only do by waiting for it; its own limit of time ends the statement.
        .connection("no answer in time")
    }

    /// - Returns: What has happened; nil when nothing has in time.
    private func wait(for events: Int16, _ handle: OpaquePointer, until end: ContinuousClock.Instant) -> Int16? {
        while true {
            let left = ContinuousClock.now.duration(to: end)
            guard left > .zero else { return nil }
            let milliseconds = left.components.seconds * 1000 + left.components.attoseconds / 1_000_000_000_000_000
            var descriptor = pollfd(fd: PQsocket(handle), events: events, revents: 0)
            guard descriptor.fd >= 0 else { return nil }
            let count = poll(&descriptor, 1, Int32(clamping: milliseconds + 1))
            if count > 0 { return descriptor.revents }
            if count < 0, errno != EINTR { return nil }
        }
    }

    private func message(_ handle: OpaquePointer) -> String {
        PQerrorMessage(handle).map { String(cString: $0) } ?? ""
    }
}
