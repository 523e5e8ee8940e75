/// ``PatternParser`` and its machine, and ``LiteralMatcher``: what people search for.
enum PatternTarget: FuzzTarget {
    static let name = "pattern"

    static let seeds: [[UInt8]] = [
        "(a|b)*c{2,3}?[^x-z]\\d+$\nabababcc7", "^\\w+\\s\\b.(e(r)?)?\nerror: here", "[\\]a-]{0,9}|x**\n]]]",
        "((((a{9}){9}){9}){9})\naaaa",
        "error\nno ERROR at all", "aab\naaaaab",
    ].flatMap { text in (0...1).map { [$0] + Array(text.utf8) } }

    static func run(_ input: inout FuzzInput) {
        let ignoresCase = input.next() % 2 == 1
        let pattern = input.line().text
        let line = input.rest()
        checkLiteral(pattern, line)
        let program: PatternProgram
        do {
            program = try PatternProgram(pattern, ignoresCase: ignoresCase)
        } catch {
            return expect(
                (0...pattern.unicodeScalars.count).contains(error.position), "the error is at \(error.position)")
        }
        let scalars = line.text.unicodeScalars.map(\.value)
        var matcher = PatternMatcher(program)
        let match = matcher.firstMatch(in: scalars)
        let length = program.instructions.count
        expect(
            matcher.steps <= 4 * (length + 1) * (scalars.count + 1),
            "\(matcher.steps) steps for \(length) times \(scalars.count)")
        if let match { expect(match.upperBound <= scalars.count, "the match is \(match) of \(scalars.count)") }
        var search = LineSearch(program)
        if let hit = search.hit(in: Array(line.text.utf8)) {
            expect(match != nil, "a hit where nothing matches")
            let count = hit.excerpt.unicodeScalars.count
            expect(
                count <= LineSearch.maximumExcerpt && hit.match.upperBound <= count,
                "the hit is \(hit.match) of \(count)")
        }
    }

    private static func checkLiteral(_ text: String, _ line: [UInt8]) {
        let found = LiteralMatcher(text, ignoresCase: false).firstMatch(in: line)
        let needle = Array(text.utf8)
        expect((found != nil) == line.contains(needle), "a text is found otherwise")
        if let found { expect(line[found].elementsEqual(needle), "what was found is something else") }
    }
}
