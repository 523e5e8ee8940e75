/// A regular expression as instructions of a machine that looks at each character once (Thompson's construction).
package struct PatternProgram: Sendable {
    enum Instruction: Hashable, Sendable {
        case one(ScalarSet)
        case assertion(PatternAssertion)
        /// Goes on in two places; the first is preferred.
        case split(Int, Int)
        case jump(Int)
        case match
    }

    /// Bounds the work for each character of the text.
    static let maximumInstructions = 1000

    private(set) var instructions: [Instruction] = []
    private let ignoresCase: Bool

    /// - Throws: ``PatternError``, also when the program would be too long.
    package init(_ pattern: String, ignoresCase: Bool) throws(PatternError) {
        self.ignoresCase = ignoresCase
        try add(try PatternParser.parse(pattern))
        try emit(.match)
    }

    private mutating func emit(_ instruction: Instruction) throws(PatternError) {
        guard instructions.count < Self.maximumInstructions else {
            throw PatternError(problem: "the pattern is too complex; use smaller counts", position: 0)
        }
        instructions.append(instruction)
    }

    private mutating func add(_ node: PatternNode) throws(PatternError) {
        switch node {
        case .empty: break
        case .one(let set): try emit(.one(ignoresCase ? set.withoutCase : set))
        case .assertion(let assertion): try emit(.assertion(assertion))
        case .sequence(let nodes): for node in nodes { try add(node) }
        case .choice(let nodes): try addChoice(nodes)
        case .repeated(let node, let least, let most, let isGreedy):
            for _ in 0..<least { try add(node) }
            if let most {
                try addOptional(node, upTo: most - least, isGreedy)
            } else {
                try addLoop(node, isGreedy)
            }
        }
    }

    private mutating func addChoice(_ nodes: [PatternNode]) throws(PatternError) {
        var ends: [Int] = []
        for (index, node) in nodes.enumerated() {
            guard index < nodes.count - 1 else {
                try add(node)
                break
            }
            let split = instructions.count
            try emit(.match)
            try add(node)
            ends.append(instructions.count)
            try emit(.match)
            instructions[split] = .split(split + 1, instructions.count)
        }
        for end in ends { instructions[end] = .jump(instructions.count) }
    }

    private mutating func addOptional(_ node: PatternNode, upTo count: Int, _ isGreedy: Bool) throws(PatternError) {
        var splits: [Int] = []
        for _ in 0..<count {
            splits.append(instructions.count)
            try emit(.match)
            try add(node)
        }
        for split in splits { instructions[split] = Self.split(split + 1, instructions.count, isGreedy) }
    }

    private mutating func addLoop(_ node: PatternNode, _ isGreedy: Bool) throws(PatternError) {
        let split = instructions.count
        try emit(.match)
        try add(node)
        try emit(.jump(split))
        instructions[split] = Self.split(split + 1, instructions.count, isGreedy)
    }

    private static func split(_ inside: Int, _ outside: Int, _ isGreedy: Bool) -> Instruction {
        isGreedy ? .split(inside, outside) : .split(outside, inside)
    }
}
