import SrunKit

/// A few connections that calls take turns with.
///
/// Whoever finds none free waits, first come first served. A server that does not answer is asked again after a pause that grows
/// and has some chance in it; until then calls fail at once rather than one after the other by time-out.
actor ConnectionPool {
    private let target: PQTarget
    private let limit: Int
    private var idle: [PQConnection] = []
    private var count = 0
    private var waiters: [CheckedContinuation<PQConnection, any Error>] = []
    private var isClosed = false
    private var failures = 0
    private var closedUntil = ContinuousClock.now
    private var lastFailure = PQFailure.connection("not connected")

    init(_ target: PQTarget, limit: Int) {
        self.target = target
        self.limit = limit
    }

    /// Lends a connection for the time of the body.
    nonisolated func withConnection<Value: Sendable>(
        _ body: @Sendable (PQConnection) async throws(PQFailure) -> Value
    ) async throws(PQFailure) -> Value {
        let connection = try await take()
        let result: Result<Value, PQFailure>
        do {
            result = .success(try await body(connection))
        } catch {
            result = .failure(error)
        }
        await giveBack(connection)
        return try result.get()
    }

    /// One round of statements.
    nonisolated func perform(
        _ statements: [PQStatement], limit: Duration = PQConnection.statementLimit
    ) async throws(PQFailure) -> [PQResult] {
        try await withConnection { connection async throws(PQFailure) in
            try await connection.perform(statements, limit: limit)
        }
    }

    /// For statements that may be carried out twice: once more, on another connection, when the first one broke.
    nonisolated func performAgain(_ statements: [PQStatement]) async throws(PQFailure) -> [PQResult] {
        do {
            return try await perform(statements)
        } catch  where error.isTransient {
            return try await perform(statements)
        }
    }

    func close() async {
        isClosed = true
        for waiter in waiters { waiter.resume(throwing: PQFailure.connection("closed")) }
        waiters.removeAll()
        for connection in idle { await connection.close() }
        idle.removeAll()
    }

    private func take() async throws(PQFailure) -> PQConnection {
        if isClosed { throw .connection("closed") }
        let connection: PQConnection
        if let free = idle.popLast() {
            connection = free
        } else if count < limit {
            count += 1
            connection = PQConnection()
        } else {
            do {
                connection = try await withCheckedThrowingContinuation { waiters.append($0) }
            } catch {
                throw .connection("closed")
            }
        }
        if await connection.isOpen { return connection }
        do {
            try await open(connection)
            return connection
        } catch {
            await giveBack(connection)
            throw error
        }
    }

    private func open(_ connection: PQConnection) async throws(PQFailure) {
        guard ContinuousClock.now >= closedUntil else { throw lastFailure }
        do {
            try await connection.open(target)
            failures = 0
        } catch {
            failures += 1
            lastFailure = error
            // Not so long that a server that is back waits to be noticed.
            let milliseconds = min(1000, 25 << min(failures, 6))
            closedUntil = .now + .milliseconds(Int.random(in: milliseconds / 2...milliseconds))
            throw error
        }
    }

    private func giveBack(_ connection: PQConnection) async {
        if isClosed {
            await connection.close()
        } else if waiters.isEmpty {
            idle.append(connection)
        } else {
            waiters.removeFirst().resume(returning: connection)
        }
    }
}
