import SrunTestSupport
import Testing

@testable import srun

@Suite("Strict JSON") struct HTTPStrictJSONTests {
    @Test(
        "is refused at the byte that is wrong",
        arguments: [
            ("", 0), ("  ", 2), ("nul", 0), ("{", 1), ("[1,]", 3), ("{\"a\":1,}", 7), ("{\"a\" 1}", 5), ("1 2", 2),
            ("01", 1),
            ("+1", 0), ("1.", 2), (".5", 0), ("1e", 2), ("-", 1), ("1e999", 0), ("\"\t\"", 1), ("\"\\x\"", 1),
            ("\"\\u12g4\"", 5),
            ("\"\\ud800\"", 1), ("\"\\udc00\"", 1), ("\"\\ud800\\u0041\"", 1), ("\"open", 5), ("{\"a\":1,\"a\":2}", 7),
            ("\u{feff}1", 0), ("NaN", 0), ("'a'", 0), ("[1] // x", 4),
        ])
    func refusesAtOffset(_ text: String, _ offset: Int) {
        #expect { try StrictJSON.parse(text.utf8) } throws: { ($0 as? JSONError)?.offset == offset }
    }

    @Test func refusesBytesThatAreNotUTF8() {
        #expect { try StrictJSON.parse([0x22, 0x61, 0xff, 0x22]) } throws: { ($0 as? JSONError)?.offset == 1 }
    }

    @Test func readsEveryKindOfValue() throws {
        let text =
            #" {"a":[1,-2,0.5,1e3,12345678901234567168],"b":{"c":null,"d":true,"e":false},"f":"\u00e9\ud83d\ude00\"\\\/\b\f\n\r\t"} "#
        let value = try StrictJSON.parse(text.utf8)
        #expect(
            value["a"]
                == .array([
                    .number(.integer(1)), .number(.integer(-2)), .number(.double(0.5)), .number(.double(1000)),
                    .number(.double(12_345_678_901_234_567_168)),
                ]))
        #expect(value["b"]?["c"] == .null)
        #expect(value["b"]?["d"] == .bool(true))
        #expect(value["b"]?["e"] == .bool(false))
        #expect(value["f"]?.text == "é😀\"\\/\u{8}\u{c}\n\r\t")
    }

    @Test func nestsToItsLimitAndNoFurther() throws {
        let limit = StrictJSON.maximumDepth
        let deep = { (depth: Int) in String(repeating: "[", count: depth) + String(repeating: "]", count: depth) }
        _ = try StrictJSON.parse(deep(limit).utf8)
        #expect { try StrictJSON.parse(deep(limit + 1).utf8) } throws: { ($0 as? JSONError)?.offset == limit }
        #expect(throws: JSONError.self) { try StrictJSON.parse(String(repeating: "[", count: 1_000_000).utf8) }
        #expect(throws: JSONError.self) { try StrictJSON.parse(String(repeating: "{\"a\":", count: 200_000).utf8) }
    }

    @Test func keepsTheOrderOfMembers() throws {
        guard case .object(let members) = try StrictJSON.parse(#"{"z":1,"a":2,"m":3}"#.utf8) else {
            return #expect(Bool(false))
        }
        #expect(members.map(\.key) == ["z", "a", "m"])
    }

    @Test("survives anything", arguments: 0..<8)
    func survivesRandomBytes(_ seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let alphabet = Array("{}[]\",:\\u0123456789abcdefADtrulsn-+.eE \u{0}\n".utf8) + [0x80, 0xc3, 0xe0, 0xff]
        for _ in 0..<2000 {
            let length = Int.random(in: 0..<64, using: &generator)
            let bytes = (0..<length).map { _ in alphabet.randomElement(using: &generator) ?? 0 }
            do {
                _ = try StrictJSON.parse(bytes)
            } catch {
                #expect((0...bytes.count).contains(error.offset))
            }
        }
    }
}
