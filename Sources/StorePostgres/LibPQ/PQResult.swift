import CLibPQ
import NIOCore

/// The rows a statement has returned, in binary form. What a server sends is not trusted: a column that is not what was
/// expected reads as nil.
final class PQResult: @unchecked Sendable {
    // Never changed after it was made, and libpq's readers of a result may be called from any thread.
    private let handle: OpaquePointer

    init(_ handle: OpaquePointer) { self.handle = handle }

    deinit { PQclear(handle) }

    var count: Int { Int(PQntuples(handle)) }

    /// The number of rows that an INSERT, UPDATE or DELETE has touched.
    var changed: Int { String(cString: PQcmdTuples(handle)).utf8.reduce(0) { $0 * 10 + Int($1) - 48 } }

    var rows: [PQRow] { (0..<count).map { PQRow(result: self, index: Int32($0)) } }

    var first: PQRow? { count > 0 ? PQRow(result: self, index: 0) : nil }

    fileprivate func column(named name: String) -> Int32 { PQfnumber(handle, name) }

    fileprivate func bytes(_ row: Int32, _ column: Int32) -> UnsafeRawBufferPointer? {
        guard column >= 0, column < PQnfields(handle), PQgetisnull(handle, row, column) == 0,
            let start = PQgetvalue(handle, row, column)
        else { return nil }
        return UnsafeRawBufferPointer(start: start, count: Int(PQgetlength(handle, row, column)))
    }
}

/// One row; columns are asked for by name or by place.
struct PQRow: Sendable {
    let result: PQResult
    let index: Int32

    func text(_ name: String) -> String? { text(at: result.column(named: name)) }
    func int(_ name: String) -> Int64? { int(at: result.column(named: name)) }
    func double(_ name: String) -> Double? { double(at: result.column(named: name)) }
    func bool(_ name: String) -> Bool? { bool(at: result.column(named: name)) }
    func texts(_ name: String) -> [String]? { texts(at: result.column(named: name)) }

    func text(at column: Int32) -> String? {
        result.bytes(index, column).map { String(decoding: $0, as: UTF8.self) }
    }

    func int(at column: Int32) -> Int64? {
        guard let bytes = result.bytes(index, column) else { return nil }
        return switch bytes.count {
        case 2: Int64(Int16(truncatingIfNeeded: Self.number(bytes)))
        case 4: Int64(Int32(truncatingIfNeeded: Self.number(bytes)))
        case 8: Int64(bitPattern: Self.number(bytes))
        default: nil
        }
    }

    func double(at column: Int32) -> Double? {
        guard let bytes = result.bytes(index, column), bytes.count == 8 else { return nil }
        return Double(bitPattern: Self.number(bytes))
    }

    func bool(at column: Int32) -> Bool? { result.bytes(index, column)?.first.map { $0 != 0 } }

    func blob(at column: Int32) -> ByteBuffer? { result.bytes(index, column).map { ByteBuffer(bytes: $0) } }

    /// An array of text with one dimension; nil for anything else, and for one with a NULL in it.
    func texts(at column: Int32) -> [String]? {
        guard var buffer = blob(at: column), let dimensions = buffer.readInteger(as: Int32.self),
            buffer.readInteger(as: Int32.self) != nil, buffer.readInteger(as: UInt32.self) != nil
        else { return nil }
        guard dimensions == 1 else { return dimensions == 0 ? [] : nil }
        guard let count = buffer.readInteger(as: Int32.self), buffer.readInteger(as: Int32.self) != nil, count >= 0
        else { return nil }
        var texts: [String] = []
        for _ in 0..<count {
            guard let length = buffer.readInteger(as: Int32.self), length >= 0,
                let text = buffer.readString(length: Int(length))
            else { return nil }
            texts.append(text)
        }
        return texts
    }

    private static func number(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        bytes.reduce(0) { $0 << 8 | UInt64($1) }
    }
}
