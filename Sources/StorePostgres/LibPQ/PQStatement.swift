import NIOCore

/// One statement with its values, which travel in PostgreSQL's binary form and never as part of the text.
struct PQStatement: Sendable {
    let sql: String
    let values: [PQValue]

    init(_ sql: String, _ values: [PQValue] = []) {
        self.sql = sql
        self.values = values
    }

    static func begin(_ mode: String = "ISOLATION LEVEL READ COMMITTED") -> PQStatement {
        PQStatement("BEGIN \(mode)")
    }
    static let commit = PQStatement("COMMIT")
    static let rollback = PQStatement("ROLLBACK")
    /// A server that is stopped in the middle of a transaction must not hold its locks until it wakes up. Not a setting of
    /// the session: behind PgBouncer the next transaction may have another one.
    static let limits = PQStatement(
        "SELECT set_config('statement_timeout', '20s', true), set_config('idle_in_transaction_session_timeout', '5s', true)"
    )
}

/// A value for a placeholder. The cases are the types that srun's tables have.
enum PQValue: Sendable {
    case text(String?)
    case int(Int64?)
    case double(Double?)
    case bool(Bool)
    case texts([String])
    case ints([Int64])
    case blobs([ByteBuffer])

    /// The number PostgreSQL has for the type (pg_type.dat).
    var type: UInt32 {
        switch self {
        case .text: 25
        case .int: 20
        case .double: 701
        case .bool: 16
        case .texts: 1009
        case .ints: 1016
        case .blobs: 1001
        }
    }

    /// Writes the binary form.
    ///
    /// - Returns: False for NULL.
    func write(to buffer: inout ByteBuffer) -> Bool {
        switch self {
        case .text(let text):
            guard let text else { return false }
            buffer.writeText(text)
        case .int(let number):
            guard let number else { return false }
            buffer.writeInteger(number)
        case .double(let number):
            guard let number else { return false }
            buffer.writeInteger(number.bitPattern)
        case .bool(let flag): buffer.writeInteger(flag ? UInt8(1) : 0)
        case .texts(let texts):
            buffer.writeArray(texts, of: 25) { buffer, text in buffer.writeText(text) }
        case .ints(let numbers):
            buffer.writeArray(numbers, of: 20) { buffer, number in buffer.writeInteger(number) }
        case .blobs(let blobs):
            buffer.writeArray(blobs, of: 17) { buffer, blob in buffer.writeImmutableBuffer(blob) }
        }
        return true
    }
}

extension ByteBuffer {
    /// Text cannot hold a NUL in PostgreSQL, and a reason or a name is better with a mark in its place than not at all.
    fileprivate mutating func writeText(_ text: String) {
        if text.utf8.contains(0) {
            writeString(String(String.UnicodeScalarView(text.unicodeScalars.map { $0 == "\0" ? "\u{FFFD}" : $0 })))
        } else {
            writeString(text)
        }
    }

    /// An array of one dimension without NULLs.
    fileprivate mutating func writeArray<Element>(
        _ elements: [Element], of type: UInt32, _ write: (inout ByteBuffer, Element) -> Void
    ) {
        writeInteger(Int32(elements.isEmpty ? 0 : 1))
        writeInteger(Int32(0))
        writeInteger(type)
        guard !elements.isEmpty else { return }
        writeInteger(Int32(truncatingIfNeeded: elements.count))
        writeInteger(Int32(1))
        for element in elements {
            let place = writerIndex
            writeInteger(Int32(0))
            write(&self, element)
            setInteger(Int32(truncatingIfNeeded: writerIndex - place - 4), at: place)
        }
    }
}
