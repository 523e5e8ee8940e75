/// ``UTF8Cutter`` and ``UTF8Validator``.
enum UTF8Target: FuzzTarget {
    static let name = "utf8"

    static let seeds: [[UInt8]] = [
        [0] + Array("aé日😀".utf8), [2, 0xf0, 0x9f, 0x98], [1, 0xed, 0xa0, 0x80, 0xc0, 0x80, 0xf5, 0xe0, 0x80, 0xff],
        [3, 0xe2, 0x82, 0x41, 0xf4, 0x90],
    ]

    static func run(_ input: inout FuzzInput) {
        let cut = input.next()
        let bytes = input.rest()
        var cutter = UTF8Cutter()
        var text = ""
        for piece in bytes.pieces(cut) { text += cutter.append([piece]) }
        text += cutter.finish()
        expect(text.unicodeScalars.elementsEqual(bytes.text.unicodeScalars), "pieces make another text")

        var validator = UTF8Validator()
        var canBecome = true
        for piece in bytes.pieces(cut) where canBecome { canBecome = validator.append(piece.readableBytesView) }
        let isValid = canBecome && validator.isComplete
        expect(isValid == (String(validating: bytes, as: UTF8.self) != nil), "it is judged otherwise")
    }
}
