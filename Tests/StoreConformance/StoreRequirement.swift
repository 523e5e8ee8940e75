public import SrunKit
public import Testing

/// One thing that every store does, and a check of it.
///
/// A backend proves itself by one parameterized test over ``StoreContract/all``; `docs/writing-a-store.md` shows it.
public struct StoreRequirement: Sendable, CustomTestStringConvertible {
    /// What some stores lack by nature. A requirement that needs it does not apply to them.
    public enum Need: Sendable {
        /// What was stored is there when the store is opened again.
        case durability
    }

    /// Opens the store at its place: empty the first time; later, after a close, with what was in it.
    public typealias Opening = @Sendable () async throws -> any Store

    public let name: String
    public let needs: Need?
    private let check: @Sendable (Opening) async throws -> Void

    /// A requirement about a store that is empty at first. The store is closed after the check.
    init(_ name: String, _ check: @escaping @Sendable (any Store) async throws -> Void) {
        self.name = name
        needs = nil
        self.check = { open in
            let store = try await open()
            do {
                try await check(store)
            } catch {
                await store.close()
                throw error
            }
            await store.close()
        }
    }

    /// A requirement about what is left after closing. The check opens and closes by itself.
    init(_ name: String, needs: Need, _ check: @escaping @Sendable (Opening) async throws -> Void) {
        self.name = name
        self.needs = needs
        self.check = check
    }

    public func verify(_ open: Opening) async throws {
        try await check(open)
    }

    public var testDescription: String { name }
}

/// What ``JobStore`` and ``LogSink`` promise, as requirements that are checked one by one.
public enum StoreContract {
    public static let all =
        jobs + transitions + listing + output + trimming + removal + retention + recovery + searching + sizing
        + retrying + usages
        + concurrency

    /// The requirements for a store that forgets when it is closed.
    public static let withoutDurability = all.filter { $0.needs != .durability }
}
