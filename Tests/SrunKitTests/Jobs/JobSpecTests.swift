import SrunKit
import Testing

@Suite("Job specs")
struct JobSpecTests {
    @Test func acceptTheLargestCommandAndNoLarger() throws {
        _ = try JobSpec(command: .shell(String(repeating: "x", count: 65_536)))
        #expect(
            code { () throws(JobSpecError) in
                try JobSpec(command: .shell(String(repeating: "x", count: 65_537)))
            } == .commandTooLong)
    }

    @Test(arguments: ["", " ", "\n\t ", "a\0b"])
    func refuseCommandsThatCannotRun(_ text: String) {
        #expect(code { () throws(JobSpecError) in try JobSpec(command: .shell(text)) } == .invalidCommand)
        #expect(code { () throws(JobSpecError) in try JobSpec(command: .arguments([text])) } == .invalidCommand)
    }

    @Test func refuseAnEmptyArgumentList() {
        #expect(code { () throws(JobSpecError) in try JobSpec(command: .arguments([])) } == .invalidCommand)
    }

    @Test func refuseBadFieldsByName() {
        func field(_ make: () throws(JobSpecError) -> JobSpec) -> String? {
            do throws(JobSpecError) { _ = try make() } catch { return error.field }
            return nil
        }
        let command = JobSpec.Command.shell("true")
        #expect(field { () throws(JobSpecError) in try JobSpec(command: command, workingDirectory: "tmp") } == "cwd")
        #expect(field { () throws(JobSpecError) in try JobSpec(command: command, environment: ["": "x"]) } == "env")
        #expect(field { () throws(JobSpecError) in try JobSpec(command: command, environment: ["a=b": "x"]) } == "env")
        #expect(field { () throws(JobSpecError) in try JobSpec(command: command, environment: ["a": "\0"]) } == "env")
        #expect(field { () throws(JobSpecError) in try JobSpec(command: command, timeLimit: .zero) } == "timeout")
        #expect(field { () throws(JobSpecError) in try JobSpec(command: command, name: "") } == "name")
        #expect(field { () throws(JobSpecError) in try JobSpec(command: command, tags: ["a\u{1b}"]) } == "tags")
        #expect(
            field { () throws(JobSpecError) in
                try JobSpec(command: command, terminal: TerminalSize(columns: 0, rows: 1))
            } == "tty")
    }

    @Test func boundTheEnvironment() throws {
        let many = Dictionary(uniqueKeysWithValues: (0..<257).map { ("K\($0)", "") })
        #expect(
            code { () throws(JobSpecError) in
                try JobSpec(command: .shell("true"), environment: many)
            } == .environmentTooLarge)
        let large = ["K": String(repeating: "x", count: 128 * 1024)]
        #expect(
            code { () throws(JobSpecError) in
                try JobSpec(command: .shell("true"), environment: large)
            } == .environmentTooLarge)
    }

    @Test func showArgumentsAsAShellWouldNeedThem() throws {
        let spec = try JobSpec(command: .arguments(["grep", "-n", "it's here", "", "a/b.txt"]))
        #expect(spec.commandText == "grep -n 'it'\\''s here' '' a/b.txt")
    }

    private func code(_ make: () throws(JobSpecError) -> JobSpec) -> JobSpecError.Code? {
        do throws(JobSpecError) { _ = try make() } catch { return error.code }
        return nil
    }
}
