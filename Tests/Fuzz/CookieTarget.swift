import NIOHTTP1

/// ``Credentials``: cookies, and the field `Authorization`.
enum CookieTarget: FuzzTarget {
    static let name = "cookie"

    static let seeds: [[UInt8]] = [
        "a=b; srun_session=0123abcd; srun_session=other\nBearer token", "srun_session = x ;;=;a\nbearer  \t t",
        "__Host-srun=1; srun_session=2\nBasic eDp5",
        "srun_session=a=b=c\nBearer", "srun_session=\u{338}x;\u{301}srun_session=y\n",
    ].map { Array($0.utf8) }

    static func run(_ input: inout FuzzInput) {
        let cookie = input.line()
        let authorization = input.rest()
        var headers = HTTPHeaders()
        headers.add(name: "cookie", value: cookie.text)
        if !authorization.isEmpty { headers.add(name: "authorization", value: authorization.text) }
        for isSecure in [false, true] {
            let credentials = Credentials(headers, isSecure: isSecure)
            let expected = session(Array(cookie.text.utf8), named: isSecure ? "__Host-srun" : "srun_session")
            expect(credentials.session.map { Array($0.utf8) } == expected, "the cookie is read otherwise")
            if let bearer = credentials.bearer {
                expect(!credentials.areBroken, "proof counts that is broken")
                // Spaces in front are not of the field (RFC 9110 §5.5).
                let scheme = Array(authorization.drop { $0 == 0x20 }.prefix(6)).text
                expect(scheme.lowercased() == "bearer", "what is no bearer token counts")
                expect(!bearer.utf8.isEmpty || authorization.allSatisfy { $0 != 0 }, "a token is empty")
            } else {
                expect(authorization.isEmpty || credentials.areBroken, "a field that cannot be read is passed over")
            }
        }
    }

    /// The same once more, byte by byte.
    private static func session(_ field: [UInt8], named name: String) -> [UInt8]? {
        for pair in field.split(separator: UInt8(ascii: ";")) {
            guard let mark = pair.firstIndex(of: UInt8(ascii: "=")) else { continue }
            if trimmed(pair[..<mark]).elementsEqual(name.utf8) { return Array(trimmed(pair[(mark + 1)...])) }
        }
        return nil
    }

    private static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let isSpace = { (byte: UInt8) in byte == 0x20 || byte == 0x09 }
        var bytes = bytes.drop(while: isSpace)
        while let last = bytes.last, isSpace(last) { bytes.removeLast() }
        return bytes
    }
}
