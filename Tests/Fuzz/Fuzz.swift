#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// A parser of bytes that come from outside, and what has to hold whatever they are.
///
/// Compiled together with the sources it looks at into one module by `scripts/fuzz.sh`, outside the package: they are instrumented, and
/// the package's own build stays as it is.
protocol FuzzTarget {
    static var name: String { get }
    /// What the first inputs are made of.
    static var seeds: [[UInt8]] { get }
    /// Takes an input apart and checks what has to hold.
    static func run(_ input: inout FuzzInput)
}

let fuzzTargets: [any FuzzTarget.Type] = [
    ScreenTarget.self, LinesTarget.self, FilterTarget.self, FramesTarget.self, JSONTarget.self, HostTarget.self,
    CookieTarget.self, MaskerTarget.self, KeeperTarget.self, UTF8Target.self, PatternTarget.self, OpenIDTarget.self,
]

private let chosen: (any FuzzTarget.Type)? = {
    let name = getenv("SRUN_FUZZ_TARGET").map { String(cString: $0) }
    return fuzzTargets.first { $0.name == name }
}()

/// Called by libFuzzer once. With SRUN_FUZZ_SEEDS it only writes the seeds of every target into that folder, and ends.
@_cdecl("LLVMFuzzerInitialize")
public func fuzzInitialize(_: UnsafeMutableRawPointer?, _: UnsafeMutableRawPointer?) -> CInt {
    if let folder = getenv("SRUN_FUZZ_SEEDS") {
        for target in fuzzTargets { writeSeeds(of: target, below: String(cString: folder)) }
        exit(0)
    }
    guard chosen != nil else {
        print("fuzz: SRUN_FUZZ_TARGET must be one of \(fuzzTargets.map { $0.name }.joined(separator: " "))")
        exit(64)
    }
    return 0
}

/// Called by libFuzzer with every input.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    var input = FuzzInput(Array(UnsafeBufferPointer(start: bytes, count: count)))
    chosen?.run(&input)
    return 0
}

private func writeSeeds(of target: any FuzzTarget.Type, below folder: String) {
    let path = "\(folder)/\(target.name)"
    mkdir(folder, 0o755)
    mkdir(path, 0o755)
    for (index, seed) in target.seeds.enumerated() {
        guard let file = fopen("\(path)/seed-\(index)", "w") else {
            print("fuzz: \(path) cannot be written")
            exit(73)
        }
        fwrite(seed, 1, seed.count, file)
        fclose(file)
    }
    print(target.name)
}

/// Ends the process with a sentence unless something holds that must: libFuzzer then keeps the input.
func expect(_ holds: Bool, _ sentence: @autoclosure () -> String) {
    guard !holds else { return }
    let text = "fuzz: broken promise: \(sentence())\n"
    write(2, text, text.utf8.count)
    abort()
}
