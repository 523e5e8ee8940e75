import ArgumentParser
import CWebAssets
import Crypto
import Foundation

struct VersionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "version", abstract: "Print the version of this program.")

    @Flag(help: "As JSON, with every package and every file of the page that is part of it.")
    var json = false

    func run() throws {
        let build = BuildInfo.current
        guard json else { return try StandardOutput.write("srun \(build.version) (\(build.commit), \(build.date))\n") }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let bytes = try encoder.encode(BillOfMaterials())
        try StandardOutput.write(String(decoding: bytes, as: UTF8.self) + "\n")
    }
}

/// What this program is made of.
struct BillOfMaterials: Encodable {
    struct Package: Encodable {
        let name: String
        let version: String
    }

    struct Asset: Encodable {
        let name: String
        let sha256: String
    }

    let version = BuildInfo.version
    let commit = BuildInfo.commit
    let date = BuildInfo.date
    let packages: [Package]
    let assets: [Asset]

    init() {
        packages = String(cString: srun_build_parts()).split(separator: ";").compactMap { part in
            let words = part.split(separator: " ")
            guard words.count == 2, let name = words.first, let version = words.last else { return nil }
            return Package(name: String(name), version: String(version))
        }
        assets = (0..<srun_asset_count()).compactMap { index in
            let asset = srun_asset_at(index)
            guard asset.size > 0, let name = asset.name, let bytes = asset.bytes else { return nil }
            let digest = SHA256.hash(data: UnsafeRawBufferPointer(start: bytes, count: asset.size))
            return Asset(
                name: String(cString: name),
                sha256: digest.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined())
        }
    }

    private enum CodingKeys: CodingKey { case version, commit, date, packages, assets }
}
