import NIOCore
import Synchronization

/// Follows one running job's terminal for who opens it later.
final class ScreenTracker: Sendable {
    private struct State {
        var model: ScreenModel
        /// Of the next byte to look at.
        var offset: Int64
    }

    /// So much of what an earlier server has stored is looked at. A program whose alternate screen began before is not known to
    /// have one until it shows it anew.
    static let recalledBytes: Int64 = 8 << 20

    private let state: Mutex<State>

    init(_ size: TerminalSize, from offset: Int64 = 0) {
        state = Mutex(State(model: ScreenModel(size), offset: offset))
    }

    /// Looks at output; what was looked at before is passed over, and so is what was missed in between.
    func feed(_ chunks: [LogChunk]) {
        state.withLock { state in
            for chunk in chunks {
                guard let new = chunk.slice(from: state.offset) else { continue }
                new.bytes.withUnsafeReadableBytes { state.model.feed($0) }
                state.offset = new.end
            }
        }
    }

    /// The terminal has another size from here on.
    func resize(_ size: TerminalSize, after pipeline: LogPipeline) {
        catchUp(with: pipeline)
        state.withLock { $0.model.resize(size) }
    }

    /// Looks at what waits to be stored. What is stored already has been looked at.
    private func catchUp(with pipeline: LogPipeline) {
        while true {
            let offset = state.withLock { $0.offset }
            guard case .chunks(let chunks) = pipeline.read(from: offset, limit: LogFeed.standardLimit), !chunks.isEmpty
            else { return }
            feed(chunks)
        }
    }

    /// The screen after everything that the job has printed so far; nil when there is none to paint.
    func screen(after pipeline: LogPipeline) -> TerminalScreen? {
        catchUp(with: pipeline)
        return state.withLock { state in
            state.model.paint().map { paint in
                // Half a sequence, cut from its beginning, would be text to a terminal.
                TerminalScreen(
                    offset: state.offset - Int64(state.model.unfinishedBytes),
                    size: TerminalSize(columns: state.model.columns, rows: state.model.rows),
                    paint: paint)
            }
        }
    }
}

/// What a full-screen program shows at one moment.
public struct TerminalScreen: Hashable, Sendable {
    /// The output up to here made it: who has painted it goes on with this byte.
    public let offset: Int64
    public let size: TerminalSize
    /// What paints it on a terminal of this size.
    public let paint: [UInt8]
}
