import Foundation
import NIOCore

/// ``SecretMasker``: secrets in output, however it is cut.
enum MaskerTarget: FuzzTarget {
    static let name = "masker"

    static let seeds: [[UInt8]] = [
        [1, 2, 8] + Array("hunter22".utf8) + Array("the word is ".utf8) + [0xff, 0] + Array(", again ".utf8) + [
            0xfe, 0, 3, 0xff, 0,
        ],
        [2, 1, 7] + Array("abcabca".utf8) + [6] + Array("bcabcd".utf8) + [0xff, 0, 0xff, 1, 0xfd, 0, 1, 0xfd, 1, 2]
            + Array("x".utf8),
        [3, 4, 6] + Array("aaaaaa".utf8) + [9] + Array("aaaaaaaaa".utf8) + [12] + Array("aaabaaabaaab".utf8)
            + Array("aaaaaaaaaaaab".utf8) + [0xff, 2],
    ]

    static func run(_ input: inout FuzzInput) {
        let count = 1 + input.next(below: 3)
        let cut = input.next()
        // Printable and without the asterisk, so that what is masked cannot look like a secret.
        let secrets = (0..<count).map { _ in
            let length = Int(input.next()) % 24
            return input.take(length).map { byte in
                let byte = 0x21 + byte % 94
                return byte == UInt8(ascii: "*") ? UInt8(ascii: "x") : byte
            }
        }
        let (stream, encoded) = stream(&input, secrets)
        guard let masker = SecretMasker(secrets.map(\.text)) else {
            return expect(secrets.allSatisfy { $0.count < SecretMasker.shortest }, "a secret is not looked for")
        }
        let whole = masked([ByteBuffer(bytes: stream)], masker)
        expect(masked(stream.pieces(cut), masker) == whole, "pieces are masked otherwise")
        expect(whole.count == stream.count, "\(stream.count) bytes became \(whole.count)")
        for (before, after) in zip(stream, whole) {
            expect(after == before || after == UInt8(ascii: "*"), "a byte became another one")
        }
        for secret in secrets where secret.count >= SecretMasker.shortest {
            expect(!whole.contains(secret), "a secret came through")
            for part in encoded {
                let digits = whole[part].map { $0 == UInt8(ascii: "*") ? UInt8(ascii: "A") : $0 }
                let decoded = Data(base64Encoded: Data(digits)) ?? Data()
                expect(!Array(decoded).contains(secret), "a secret came through in base64")
            }
        }
    }

    private static func masked(_ pieces: [ByteBuffer], _ masker: SecretMasker) -> [UInt8] {
        var masker = masker
        var output: [UInt8] = []
        var given = 0
        for piece in pieces {
            output += masker.mask(piece).readableBytesView
            given += piece.readableBytes
            expect(given - output.count <= masker.longest, "\(given - output.count) bytes are held back")
        }
        return output + masker.finish().readableBytesView
    }

    /// Bytes as they are, and between them whole secrets, their beginnings, and longer texts that hold them in base64.
    ///
    /// - Returns: Also where the base64 stands.
    private static func stream(_ input: inout FuzzInput, _ secrets: [[UInt8]]) -> ([UInt8], [Range<Int>]) {
        var stream: [UInt8] = []
        var encoded: [Range<Int>] = []
        while !input.isEmpty, stream.count < 4096 {
            let byte = input.next()
            guard byte >= 0xfd else {
                stream.append(byte)
                continue
            }
            let secret = secrets[input.next(below: secrets.count)]
            switch byte {
            case 0xff: stream += secret
            case 0xfe: stream += secret.prefix(Int(input.next()))
            default:
                let start = stream.count
                let around = input.next()
                let text = [UInt8](repeating: 0x70, count: Int(around) % 4) + secret + [0x71]
                stream += Data(text).base64EncodedData()
                encoded.append(start..<stream.count)
            }
        }
        return (stream, encoded)
    }
}
