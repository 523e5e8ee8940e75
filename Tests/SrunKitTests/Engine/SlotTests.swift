import SrunKit
import SrunTestSupport
import StoreMemory
import Testing

/// When the slot of a job that has ended is another's.
@Suite("Slots", .timeLimit(.minutes(1)))
struct SlotTests {
    @Test func theNextJobBeginsWhileTheEndOfTheLastIsStored() async throws {
        let store = HesitantStore()
        let (launcher, processes) = ScriptedLauncher.watched()
        let configuration = EngineConfiguration(node: "test", runningLimit: 1)
        let id = try await withEngine(store: store, launcher: launcher, configuration: configuration) { engine in
            var started = processes.makeAsyncIterator()
            let spec = try JobSpec(command: .shell("anything"))
            let first = try await engine.submit(spec)
            let second = try await engine.submit(spec)
            #expect(second.status == .queued)
            let one = try #require(await started.next())
            #expect(launcher.launches.map(\.job) == [first.id])
            one.end(.code(0))
            let two = try #require(await started.next())
            await store.isAsked.wait()
            // Nobody is told of the end before it is written down.
            #expect(try await engine.job(first.id).status == .running)
            store.mayStoreEnds.happen(())
            #expect(try await engine.ended(first.id).status == .completed)
            two.end(.code(3))
            #expect(try await engine.ended(second.id).status == .failed)
            return first.id
        }
        #expect(try await store.job(id)?.status == .completed)
    }
}

/// A store that takes its time for the ends of jobs.
private final class HesitantStore: WrappingStore {
    let wrapped = MemoryStore()
    let isAsked = Event<Void>()
    let mayStoreEnds = Event<Void>()

    func advance(_ id: JobID, to state: JobState) async throws(StoreError) {
        if state.end != nil {
            isAsked.happen(())
            await mayStoreEnds.wait()
        }
        try await wrapped.advance(id, to: state)
    }
}
