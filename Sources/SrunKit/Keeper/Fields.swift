/// One message between keeper and worker as bytes: its kind, then fields, each with a tag and a length.
///
/// A reader skips fields it does not know and gives those that are missing their default, so that a keeper and a worker of
/// neighbouring versions understand each other. Numbers are little-endian.
struct FieldWriter {
    private(set) var bytes: [UInt8] = []

    init(kind: UInt16) {
        append(kind)
    }

    private mutating func append(_ number: some FixedWidthInteger) {
        withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
    }

    mutating func put(_ tag: FieldTag, bytes value: some Collection<UInt8>) {
        append(tag.rawValue)
        append(UInt32(value.count))
        bytes.append(contentsOf: value)
    }

    mutating func put(_ tag: FieldTag, _ text: String) {
        put(tag, bytes: text.utf8)
    }

    mutating func put(_ tag: FieldTag, _ number: Int64) {
        append(tag.rawValue)
        append(UInt32(8))
        append(number)
    }

    mutating func put(_ tag: FieldTag, _ isTrue: Bool) {
        if isTrue { put(tag, 1) }
    }
}

/// Reads what ``FieldWriter`` has written. Whatever the bytes are, nothing is read beyond them.
struct FieldReader {
    let kind: UInt16
    private var fields: [UInt16: [ArraySlice<UInt8>]] = [:]

    /// - Throws: ``KeeperProtocolError`` when the bytes are no message.
    init(_ bytes: [UInt8]) throws(KeeperProtocolError) {
        var rest = bytes[...]
        guard let kind = Self.number(UInt16.self, from: &rest) else { throw .malformed }
        self.kind = kind
        while !rest.isEmpty {
            guard let tag = Self.number(UInt16.self, from: &rest),
                let length = Self.number(UInt32.self, from: &rest), length <= rest.count
            else { throw .malformed }
            fields[tag, default: []].append(rest.prefix(Int(length)))
            rest = rest.dropFirst(Int(length))
        }
    }

    private static func number<Number: FixedWidthInteger>(
        _: Number.Type, from bytes: inout ArraySlice<UInt8>
    ) -> Number? {
        let size = MemoryLayout<Number>.size
        guard bytes.count >= size else { return nil }
        defer { bytes = bytes.dropFirst(size) }
        return bytes.prefix(size).reversed().reduce(0) { $0 << 8 | Number(truncatingIfNeeded: $1) }
    }

    func texts(_ tag: FieldTag) -> [String] {
        (fields[tag.rawValue] ?? []).map { String(decoding: $0, as: UTF8.self) }
    }

    func text(_ tag: FieldTag) -> String? { texts(tag).first }

    func number(_ tag: FieldTag) -> Int64? {
        guard var bytes = fields[tag.rawValue]?.first else { return nil }
        return Self.number(Int64.self, from: &bytes)
    }

    func numbers(_ tag: FieldTag) -> [Int64] {
        (fields[tag.rawValue] ?? []).compactMap { field in
            var bytes = field
            return Self.number(Int64.self, from: &bytes)
        }
    }

    func number<Number: FixedWidthInteger>(_ tag: FieldTag, as: Number.Type) -> Number? {
        number(tag).flatMap { Number(exactly: $0) }
    }

    func isTrue(_ tag: FieldTag) -> Bool { number(tag) == 1 }

    func job(_ tag: FieldTag = .job) throws(KeeperProtocolError) -> JobID {
        guard let id = text(tag).flatMap({ JobID($0) }) else { throw .malformed }
        return id
    }

    func required<Value>(_ value: Value?) throws(KeeperProtocolError) -> Value {
        guard let value else { throw .malformed }
        return value
    }
}

/// The numbers are part of the protocol: they are never given to another meaning.
enum FieldTag: UInt16 {
    case version = 1, oldestVersion, build, owner, restarts
    case request = 10, job, path, argument, environment, directory, columns, rows, ringBytes
    case limitResource = 20, limitSoft, limitHard, nice, allowsNewPrivileges, user, group, supplementaryGroup, cgroup
    case process = 30, isTerminal, note, hasEnded, waitStatus, userMicroseconds, systemMicroseconds, peakBytes
    case readBytes, writtenBytes
    case name = 50, errorNumber, reason, isHurried, endsWithWorker, leavesJobs, folder
    case store = 60, isLast, code, jobCount, server
}

enum KeeperProtocolError: Error {
    /// Not a message of this protocol. Both sides are one program, so this is a defect or a foreign hand: the channel is closed.
    case malformed
}

/// Which versions of the protocol this build speaks.
enum KeeperProtocol {
    static let version: UInt16 = 1
    static let oldestVersion: UInt16 = 1

    /// The newest version that both sides speak; nil when there is none.
    static func common(version: UInt16, oldest: UInt16) -> UInt16? {
        let newest = min(version, Self.version)
        return newest >= max(oldest, Self.oldestVersion) ? newest : nil
    }
}
