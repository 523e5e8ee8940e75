import Foundation
import SrunKit
import SrunTestSupport
import StoreMemory
import Synchronization
import Testing

/// What is claimed in the store and has never run is started by the next server, and nothing else is.
@Suite("Starts after a crash", .timeLimit(.minutes(1)))
struct LateStartTests {
    private let spec: JobSpec

    init() throws {
        spec = try JobSpec(command: .shell("anything"))
    }

    private func claimed(_ number: UInt16, processID: Int32? = nil) -> Job {
        Job(
            id: JobID(milliseconds: 1, sequence: number, random: 0), spec: spec, createdAt: Date(), node: "test",
            state: .running(JobRun(startedAt: Date(microseconds: 5), processID: processID)))
    }

    @Test func startsWhatHasCertainlyNotRun() async throws {
        let store = MemoryStore()
        let (late, unknown) = (claimed(1), claimed(2))
        // What has had a process has run, whatever else is said of it.
        let begun = claimed(3, processID: 77)
        for job in [late, unknown, begun] { try await store.insert(job) }
        let neverStored = JobID(milliseconds: 1, sequence: 4, random: 0)
        let launcher = ScriptedLauncher(neverLaunched: [late.id, begun.id, neverStored]) { _ in
            let process = ScriptedProcess()
            process.end(.code(3))
            return process
        }
        try await withEngine(store: store, launcher: launcher) { engine in
            let ended = try await engine.ended(late.id)
            #expect(ended.state.end?.outcome.exitCode == 3)
            #expect(ended.state.run?.startedAt == Date(microseconds: 5))
            #expect(try await engine.job(unknown.id).status == .lost)
            #expect(try await engine.job(begun.id).status == .lost)
        }
        #expect(launcher.launches.map(\.job) == [late.id])
        #expect(launcher.isAboutToLaunch.isEmpty)
    }

    @Test func itsTimeLimitBeginsWhenItDoes() async throws {
        let store = MemoryStore()
        let late = Job(
            id: JobID(milliseconds: 1, sequence: 1, random: 0),
            spec: try JobSpec(command: .shell("anything"), timeLimit: .seconds(600)), createdAt: Date(), node: "test",
            state: .running(JobRun(startedAt: Date(microseconds: 5))))
        try await store.insert(late)
        let launcher = ScriptedLauncher(neverLaunched: [late.id]) { _ in
            let process = ScriptedProcess()
            process.print("there is time")
            return process
        }
        try await withEngine(store: store, launcher: launcher) { engine in
            var feed = try await engine.follow(late.id)
            #expect(try await feed.next()?.isEmpty == false)
            #expect(try await engine.job(late.id).status == .running)
        }
        #expect(try await store.job(late.id)?.status == .stopped)
    }

    @Test func aJobIsAnnouncedBeforeItIsClaimed() async throws {
        let (launcher, processes) = ScriptedLauncher.watched()
        let store = WatchedStore(launcher)
        let configuration = EngineConfiguration(node: "test", runningLimit: 1)
        try await withEngine(store: store, launcher: launcher, configuration: configuration) { engine in
            // One that begins at once, and one that waits for it.
            let jobs = [try await engine.submit(spec), try await engine.submit(spec)]
            var started = processes.makeAsyncIterator()
            for job in jobs {
                #expect(launcher.isAboutToLaunch.isEmpty)
                await started.next()?.end(.code(0))
                #expect(try await engine.ended(job.id).status == .completed)
            }
            #expect(store.announced.withLock { $0 } == jobs.map(\.id))
            store.isFull.withLock { $0 = true }
            await #expect(throws: EngineError.self) { try await engine.submit(spec) }
            store.isFull.withLock { $0 = false }
        }
        #expect(launcher.isAboutToLaunch.isEmpty)
    }

    /// A slot may become free while the store has not taken yet that the job waits for one: it is claimed after that, or it would
    /// run and be found waiting by the next server.
    @Test func aJobIsClaimedAfterTheStoreHasIt() async throws {
        let (launcher, processes) = ScriptedLauncher.watched()
        let store = WatchedStore(launcher)
        let configuration = EngineConfiguration(node: "test", runningLimit: 1)
        try await withEngine(store: store, launcher: launcher, configuration: configuration) { engine in
            let first = try await engine.submit(spec)
            let (asked, go) = (Event<Void>(), Event<Void>())
            store.beforeInsert.withLock {
                $0 = {
                    asked.happen(())
                    await go.wait()
                }
            }
            async let second = engine.submit(spec)
            await asked.wait()
            var started = processes.makeAsyncIterator()
            await started.next()?.end(.code(0))
            _ = try await engine.ended(first.id)
            #expect(launcher.launches.count == 1)
            go.happen(())
            let id = try await second.id
            await started.next()?.end(.code(0))
            #expect(try await engine.ended(id).status == .completed)
            #expect(try await store.job(id)?.status == .completed)
        }
    }
}

/// Notes which of the jobs that become running were announced before.
private final class WatchedStore: WrappingStore {
    let announced = Mutex<[JobID]>([])
    let isFull = Mutex(false)
    let beforeInsert = Mutex<(@Sendable () async -> Void)?>(nil)
    let wrapped = MemoryStore()
    private let launcher: ScriptedLauncher

    init(_ launcher: ScriptedLauncher) { self.launcher = launcher }

    private func watch(_ id: JobID, _ state: JobState) {
        guard state.status == .running, state.run?.processID == nil, launcher.isAboutToLaunch.contains(id) else {
            return
        }
        announced.withLock { $0.append(id) }
    }

    func insert(_ job: Job) async throws(StoreError) {
        if isFull.withLock({ $0 }) { throw StoreError(.full, "") }
        watch(job.id, job.state)
        await beforeInsert.withLock { $0 }?()
        try await wrapped.insert(job)
    }

    func advance(_ id: JobID, to state: JobState) async throws(StoreError) {
        watch(id, state)
        try await wrapped.advance(id, to: state)
    }
}
