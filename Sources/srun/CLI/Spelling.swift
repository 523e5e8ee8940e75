import ArgumentParser

/// Finds what somebody meant who wrote something else.
enum Spelling {
    /// What does not begin with a dash must be a verb; the parser would take it for an argument of `serve`.
    static func checkVerb(_ first: String?) throws {
        guard let first, !first.hasPrefix("-") else { return }
        let verbs = Srun.configuration.subcommands.map { $0.configuration.commandName ?? "" } + ["help"]
        guard !verbs.contains(first) else { return }
        let meant = nearest(to: first, of: verbs).map { "did you mean '\($0)'? " } ?? ""
        throw Failure(
            .usage, "there is no verb '\(first.withoutControlCharacters)'; \(meant)Usage: srun <verb>, see srun --help")
    }

    /// The options that a command's help names.
    static func options(of command: any ParsableCommand.Type) -> [String] {
        command.helpMessage().split(whereSeparator: { !($0.isLetter || $0 == "-") }).filter { $0.hasPrefix("--") }.map(
            String.init)
    }

    /// The word that is the fewest slips away; nil when none is near.
    static func nearest(to word: String, of words: [String]) -> String? {
        let near = words.map { (word: $0, slips: slips(word, $0)) }.min { $0.slips < $1.slips }
        guard let near, near.slips <= max(1, word.count / 3) else { return nil }
        return near.word
    }

    /// How many letters were left out, put in, replaced, or exchanged with their neighbour.
    private static func slips(_ one: String, _ other: String) -> Int {
        let one = Array(one)
        let other = Array(other)
        var rows = [Array(0...other.count)]
        for i in 1...max(1, one.count) where i <= one.count {
            var row = [i]
            for j in 1...max(1, other.count) where j <= other.count {
                var least = min(
                    rows[i - 1][j] + 1, row[j - 1] + 1, rows[i - 1][j - 1] + (one[i - 1] == other[j - 1] ? 0 : 1))
                if i > 1, j > 1, one[i - 1] == other[j - 2], one[i - 2] == other[j - 1] {
                    least = min(least, rows[i - 2][j - 2] + 1)
                }
                row.append(least)
            }
            rows.append(row)
        }
        return rows[one.count][other.count]
    }
}
