/// Runs a ``PatternProgram`` over a line: all ways that a match could go at once, in order of preference (Pike's machine).
///
/// The work is bounded by the length of the program times the length of the line, whatever the pattern is.
struct PatternMatcher: Sendable {
    /// Where ways stand at one place of the text: each instruction at most once, the preferred way first.
    private struct Ways {
        var list: [(instruction: Int, start: Int)] = []
        var marks: [Int]

        init(count: Int) { marks = Array(repeating: -1, count: count) }
    }

    private let instructions: [PatternProgram.Instruction]
    private var present: Ways
    private var following: Ways
    private var stack: [Int] = []
    /// Grows with every place of every text, so that marks need no clearing.
    private var generation = 0
    /// Instructions looked at since the start; tests look at it instead of a clock.
    private(set) var steps = 0

    init(_ program: PatternProgram) {
        instructions = program.instructions
        present = Ways(count: instructions.count)
        following = present
    }

    /// The leftmost match, as a backtracking engine would find it.
    mutating func firstMatch(in text: [UInt32]) -> Range<Int>? {
        var best: Range<Int>?
        present.list.removeAll(keepingCapacity: true)
        generation += 1
        for position in 0...text.count {
            if best == nil {
                Self.add(0, position, position, text, instructions, generation, &present, &stack, &steps)
            }
            if present.list.isEmpty, best != nil { break }
            following.list.removeAll(keepingCapacity: true)
            scan: for way in present.list {
                steps += 1
                switch instructions[way.instruction] {
                case .match:
                    // Every way behind this one is less preferred.
                    best = way.start..<position
                    break scan
                case .one(let set) where position < text.count && set.contains(text[position]):
                    Self.add(
                        way.instruction + 1, way.start, position + 1, text, instructions, generation + 1, &following,
                        &stack, &steps)
                default: break
                }
            }
            swap(&present, &following)
            generation += 1
        }
        return best
    }

    /// Adds an instruction and all that can be reached from it without a character.
    private static func add(
        _ instruction: Int, _ start: Int, _ position: Int, _ text: [UInt32],
        _ instructions: [PatternProgram.Instruction], _ generation: Int, _ ways: inout Ways, _ stack: inout [Int],
        _ steps: inout Int
    ) {
        stack.append(instruction)
        while let next = stack.popLast() {
            steps += 1
            guard ways.marks[next] != generation else { continue }
            ways.marks[next] = generation
            switch instructions[next] {
            case .jump(let target): stack.append(target)
            case .split(let first, let second):
                stack.append(second)
                stack.append(first)
            case .assertion(let assertion):
                if holds(assertion, position, text) { stack.append(next + 1) }
            case .one, .match: ways.list.append((next, start))
            }
        }
    }

    private static func holds(_ assertion: PatternAssertion, _ position: Int, _ text: [UInt32]) -> Bool {
        let isBoundary =
            (position > 0 && ScalarSet.words.contains(text[position - 1]))
            != (position < text.count && ScalarSet.words.contains(text[position]))
        return switch assertion {
        case .lineStart: position == 0
        case .lineEnd: position == text.count
        case .wordBoundary: isBoundary
        case .noWordBoundary: !isBoundary
        }
    }
}
