/// Reads a regular expression: literals, `.`, classes, `\d \w \s \b` and their opposites, `^`, `$`, groups, `|`, and the
/// quantifiers `* + ? {m,n}`, also lazy.
///
/// What would need backtracking (references, lookaround, possessive quantifiers) is not part of it. Nesting and counts are
/// bounded, so neither reading a pattern nor the program it becomes can grow beyond reason.
struct PatternParser {
    static let maximumScalars = 1024
    static let maximumDepth = 32
    static let maximumCount = 1000

    private let scalars: [Unicode.Scalar]
    private var index = 0
    private var depth = 0

    private init(_ text: String) { scalars = Array(text.unicodeScalars) }

    static func parse(_ text: String) throws(PatternError) -> PatternNode {
        var parser = PatternParser(text)
        guard parser.scalars.count <= maximumScalars else {
            throw PatternError(
                problem: "the pattern is longer than \(maximumScalars) characters", position: maximumScalars)
        }
        let node = try parser.choice()
        guard parser.peek == nil else { throw parser.error("there is no group to close") }
        return node
    }

    private var peek: Unicode.Scalar? { index < scalars.count ? scalars[index] : nil }

    private mutating func next() -> Unicode.Scalar? {
        defer { index += 1 }
        return peek
    }

    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard peek == scalar else { return false }
        index += 1
        return true
    }

    private func error(_ problem: String, at position: Int? = nil) -> PatternError {
        PatternError(problem: problem, position: min(position ?? index, scalars.count))
    }

    private mutating func choice() throws(PatternError) -> PatternNode {
        var choices = [try sequence()]
        while take("|") { choices.append(try sequence()) }
        return choices.count == 1 ? choices.first ?? .empty : .choice(choices)
    }

    private mutating func sequence() throws(PatternError) -> PatternNode {
        var nodes: [PatternNode] = []
        while let scalar = peek, scalar != "|", scalar != ")" {
            let start = index
            let node = try atom()
            nodes.append(try quantified(node, from: start))
        }
        return nodes.isEmpty ? .empty : .sequence(nodes)
    }

    private mutating func atom() throws(PatternError) -> PatternNode {
        let start = index
        guard let scalar = next() else { return .empty }
        switch scalar {
        case "(": return try group(from: start)
        case "[": return .one(try bracket(from: start))
        case ".": return .one(.all)
        case "^": return .assertion(.lineStart)
        case "$": return .assertion(.lineEnd)
        case "*", "+", "?": throw error("there is nothing to repeat", at: start)
        case "\\":
            if take("b") { return .assertion(.wordBoundary) }
            if take("B") { return .assertion(.noWordBoundary) }
            return .one(try escape(from: start))
        default: return .one(ScalarSet(ranges: [scalar.value...scalar.value]))
        }
    }

    private mutating func group(from start: Int) throws(PatternError) -> PatternNode {
        guard depth < Self.maximumDepth else { throw error("groups are nested too deeply", at: start) }
        if take("?"), !take(":") { throw error("of the groups with ? only (?:...) is known", at: start) }
        depth += 1
        let node = try choice()
        depth -= 1
        guard take(")") else { throw error("the group is not closed", at: start) }
        return node
    }

    private mutating func quantified(_ node: PatternNode, from start: Int) throws(PatternError) -> PatternNode {
        let place = index
        let (least, most): (Int, Int?)
        switch peek {
        case "*": (least, most) = (0, nil)
        case "+": (least, most) = (1, nil)
        case "?": (least, most) = (0, 1)
        case "{":
            guard let counts = try counts() else { return node }
            (least, most) = counts
            index -= 1
        default: return node
        }
        index += 1
        if case .assertion = node { throw error("there is nothing to repeat", at: place) }
        let isGreedy = !take("?")
        if let scalar = peek, "*+?".unicodeScalars.contains(scalar) { throw error("there is nothing to repeat") }
        return .repeated(node, least: least, most: most, isGreedy: isGreedy)
    }

    /// `{m}`, `{m,}` or `{m,n}`; anything else that begins with a brace is text.
    private mutating func counts() throws(PatternError) -> (Int, Int?)? {
        let start = index
        index += 1
        guard let least = number() else {
            index = start
            return nil
        }
        var most: Int? = least
        if take(",") { most = number() }
        guard take("}") else {
            index = start
            return nil
        }
        guard least <= Self.maximumCount, most ?? 0 <= Self.maximumCount, least <= most ?? least else {
            throw error("the counts must rise and be at most \(Self.maximumCount)", at: start)
        }
        return (least, most)
    }

    private mutating func number() -> Int? {
        var number: Int?
        while let digit = peek.flatMap({ Character($0).wholeNumberValue }), peek?.isASCII == true {
            number = min((number ?? 0) * 10 + digit, Self.maximumCount + 1)
            index += 1
        }
        return number
    }

    /// What stands behind a backslash.
    private mutating func escape(from start: Int) throws(PatternError) -> ScalarSet {
        guard let scalar = next() else { throw error("a backslash ends the pattern", at: start) }
        switch scalar {
        case "d": return .digits
        case "D": return .digits.inverted
        case "s": return .spaces
        case "S": return .spaces.inverted
        case "w": return .words
        case "W": return .words.inverted
        case "t": return ScalarSet(ranges: [0x09...0x09])
        case "x":
            guard let high = hexadecimal(), let low = hexadecimal() else {
                throw error("\\x needs two hexadecimal digits", at: start)
            }
            let value = high << 4 | low
            return ScalarSet(ranges: [value...value])
        case "a"..."z", "A"..."Z", "0"..."9": throw error("this escape is not known", at: start)
        default: return ScalarSet(ranges: [scalar.value...scalar.value])
        }
    }

    private mutating func hexadecimal() -> UInt32? {
        next().flatMap { $0.isASCII ? Character($0).hexDigitValue : nil }.map { UInt32($0) }
    }

    private mutating func bracket(from start: Int) throws(PatternError) -> ScalarSet {
        var set = ScalarSet(ranges: [], isInverted: take("^"))
        var isFirst = true
        while let scalar = peek, scalar != "]" || isFirst {
            isFirst = false
            let place = index
            index += 1
            let lower = scalar == "\\" ? try escape(from: place) : ScalarSet(ranges: [scalar.value...scalar.value])
            guard peek == "-", index + 1 < scalars.count, scalars[index + 1] != "]" else {
                set.ranges += lower.asRanges
                continue
            }
            index += 1
            let end = next()
            let upper =
                end == "\\"
                ? try escape(from: index - 1) : ScalarSet(ranges: end.map { [$0.value...$0.value] } ?? [])
            guard let low = lower.single, let high = upper.single, low <= high else {
                throw error("the range is empty", at: place)
            }
            set.ranges.append(low...high)
        }
        guard take("]") else { throw error("the class is not closed", at: start) }
        return set
    }
}

extension ScalarSet {
    fileprivate var single: UInt32? {
        guard !isInverted, ranges.count == 1, let range = ranges.first, range.count == 1 else { return nil }
        return range.lowerBound
    }
}
