import Testing

@testable import srun

@Suite("Pace of output")
struct WebSocketOutputPaceTests {
    private let start = ContinuousClock.now

    @Test func holdsNothingBackThatComesNowAndThen() {
        var pace = OutputPace(gathering: .milliseconds(10))
        for line in 0..<10 {
            #expect(pace.pause(after: 80, at: start + .milliseconds(10) * line) == nil)
        }
    }

    @Test func gathersWhatPours() {
        var pace = OutputPace(gathering: .milliseconds(10))
        #expect(pace.pause(after: 80, at: start) == nil)
        #expect(pace.pause(after: 80, at: start + .milliseconds(1)) == .milliseconds(10))
    }

    @Test func doesNotSlowDownFullBatches() {
        var pace = OutputPace(gathering: .milliseconds(10))
        for batch in 0..<10 {
            #expect(pace.pause(after: OutputPace.fullBatch, at: start + .microseconds(100) * batch) == nil)
        }
    }
}
