import Foundation
import NIOCore
import SrunTestSupport
import Testing

@testable import SrunKit

@Suite("Masking secrets") struct SecretMaskerTests {
    private func masked(_ text: String, _ secrets: [String]) throws -> String {
        var masker = try #require(SecretMasker(secrets))
        var output = masker.mask(ByteBuffer(string: text))
        output.writeImmutableBuffer(masker.finish())
        return String(buffer: output)
    }

    @Test(arguments: [
        ("the word is hunter2!", ["hunter2"], "the word is *******!"),
        ("hunter2hunter2", ["hunter2"], "**************"),
        ("hunter hunter2", ["hunter2"], "hunter *******"),
        ("aaaaaaaaaa", ["aaaaaa"], "**********"),
        ("xabcdefgy", ["abcdef", "cdefgh", "bcdefg"], "x*******y"),
        ("short", ["shor", "hunter2"], "short"),
        ("first-line\r\nlast-line", ["first-line\nlast-line"], "**********\r\n*********"),
        ("nothing", ["hunter2"], "nothing"), ("", ["hunter2"], ""), ("hunter", ["hunter2"], "hunter"),
    ])
    func masks(_ text: String, _ secrets: [String], _ expected: String) throws {
        #expect(try masked(text, secrets) == expected)
    }

    @Test(arguments: ["", "u", "us", "user:", "a longer beginning "], ["", "\n", " and more", "!"])
    func masksBase64WhereverTheSecretStandsInIt(_ before: String, _ after: String) throws {
        let secret = "S3cret+/word?>~~"
        let encoded = Data((before + secret + after).utf8).base64EncodedString()
        for text in [encoded, encoded.map { $0 == "+" ? "-" : $0 == "/" ? "_" : String($0) }.joined()] {
            let masked = try masked(text, [secret])
            // At its edges a digit shares its bits with what stands beside it.
            let stars = masked.filter { $0 == "*" }.count
            #expect(stars >= secret.utf8.count * 8 / 6 - 2, "\(masked)")
        }
    }

    @Test func looksForNothingWithoutASecret() {
        #expect(SecretMasker([]) == nil)
        #expect(SecretMasker(["", "a", "ab\ncd"]) == nil)
    }

    /// Against a masker that sees everything at once and tries every place.
    @Test(arguments: 0..<200) func isTheSameHoweverItIsCut(_ seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let letters = Array("ab\n".utf8)
        let word = { (generator: inout SeededGenerator, length: Int) in
            String(decoding: (0..<length).map { _ in letters[Int.random(in: 0..<2, using: &generator)] }, as: UTF8.self)
        }
        let secrets = (0..<3).map { _ in word(&generator, Int.random(in: 6...9, using: &generator)) }
        var masker = try #require(SecretMasker(secrets))
        let text = (0..<400).map { _ in letters[Int.random(in: 0..<letters.count, using: &generator)] }
        var expected = text
        for secret in secrets.map({ Array($0.utf8) }) {
            for start in 0...(text.count - secret.count) where text[start...].starts(with: secret) {
                for index in start..<start + secret.count { expected[index] = UInt8(ascii: "*") }
            }
        }
        var output: [UInt8] = []
        var rest = text[...]
        while !rest.isEmpty {
            let piece = rest.prefix(Int.random(in: 1...9, using: &generator))
            rest = rest.dropFirst(piece.count)
            output += masker.mask(ByteBuffer(bytes: piece)).readableBytesView
            #expect(
                text.count - rest.count - output.count < masker.longest, "no more is held back than may be a secret")
        }
        output += masker.finish().readableBytesView
        #expect(output == expected)
    }

    @Test(.timeLimit(.minutes(1))) func takesTimeInProportionToTheBytes() throws {
        // What makes a search that starts over quadratic: a text that is nearly the secret everywhere.
        var masker = try #require(SecretMasker([String(repeating: "a", count: 4000) + "b"]))
        let piece = ByteBuffer(repeating: UInt8(ascii: "a"), count: 64 * 1024)
        var count = 0
        for _ in 0..<16 { count += masker.mask(piece).readableBytes }
        count += masker.finish().readableBytes
        #expect(count == 16 * 64 * 1024)
    }
}
