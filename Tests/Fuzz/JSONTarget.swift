import Foundation

/// ``StrictJSON`` and ``JobBody``: the body of a request that starts a job.
enum JSONTarget: FuzzTarget {
    static let name = "json"

    static let seeds: [[UInt8]] = [
        #"{"command":"echo \u00e9\ud83d\ude00\n","cwd":"/tmp","env":{"A":"b"},"tty":{"cols":80,"rows":24},"timeout":1.5}"#,
        #"{"argv":["a","b"],"name":"n","tags":["x"],"secretEnv":{"TOKEN":"secret"},"limits":{"memoryBytes":1,"cpuCores":0.5}}"#,
        #"{"command":"x","retries":{"count":3,"delaySeconds":1e0,"maxDelaySeconds":60},"nice":5,"priority":-7,"tty":false}"#,
        #"{"command":"x","node":"any","label":"gpu","group":{"name":"g","limit":1}}"#,
        #"[1,-0.5e+3,true,null,"",[],{}]"#,
        #"{"command":"x","limits":{"processes":1,"openFiles":64,"fileBytes":9223372036854775807,"cpuSeconds":null}}"#,
    ].map { Array($0.utf8) }

    static func run(_ input: inout FuzzInput) {
        let bytes = input.rest()
        let value: JSONValue
        do {
            value = try StrictJSON.parse(bytes)
        } catch {
            return expect((0...bytes.count).contains(error.offset), "the error is at \(error.offset) of \(bytes.count)")
        }
        expect(
            (try? JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed)) != nil,
            "another parser refuses it")
        let text = written(value)
        expect((try? StrictJSON.parse(Array(text.utf8))) == value, "it is read otherwise when it is written again")
        checkJob(value)
    }

    private static func checkJob(_ value: JSONValue) {
        do {
            let spec = try JobBody.spec(from: value)
            expect((try? spec.validate()) != nil, "a job is accepted that breaks a rule")
            guard let stored = try? StoredJSON.text(of: StoredSpec(spec)) else {
                return expect(false, "a job cannot be written")
            }
            let read = StoredJSON.value(stored, as: StoredSpec.self)?.spec(
                command: spec.commandText, name: spec.name, tags: spec.tags)
            expect(read == spec, "a job is another one when it is read again")
        } catch let error as RequestError {
            expect(error.sentence.utf8.count < 200, "the answer echoes \(error.sentence.utf8.count) bytes")
        } catch let error as JobSpecError {
            expect(error.description.utf8.count < 200, "the answer echoes \(error.description.utf8.count) bytes")
        } catch {
            expect(false, "the error is a \(type(of: error))")
        }
    }

    private static func written(_ value: JSONValue) -> String {
        switch value {
        case .null: "null"
        case .bool(let isTrue): isTrue ? "true" : "false"
        case .number(.integer(let number)): "\(number)"
        // As a whole number it would be another value.
        case .number(.double(let number)): "\(number)".contains { ".e".contains($0) } ? "\(number)" : "\(number).0"
        case .string(let text): written(text)
        case .array(let values): "[" + values.map(written).joined(separator: ",") + "]"
        case .object(let members):
            "{" + members.map { written($0.key) + ":" + written($0.value) }.joined(separator: ",") + "}"
        }
    }

    private static func written(_ text: String) -> String {
        var result = "\""
        for unit in text.utf16 {
            let digits = String(unit, radix: 16)
            result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        }
        return result + "\""
    }
}
