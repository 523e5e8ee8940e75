import CWebAssets
import Crypto
import HTTPTypes
import NIOCore

/// The page's files, which are part of the program.
struct WebAssets: Sendable {
    struct Asset: Sendable {
        let contentType: String
        let plain: Form
        /// The same compressed when the page was built, smallest first; none of small files.
        let compressed: [Form]

        /// The smallest that the caller takes.
        func form(for headers: HTTPFields) -> Form {
            compressed.first { form in form.coding.map { ContentCoding.isAccepted($0, headers) } ?? true } ?? plain
        }
    }

    /// One representation of a file.
    struct Form: Sendable {
        /// As `Content-Encoding` names it.
        let coding: String?
        let bytes: ByteBuffer
        /// Of the bytes (RFC 9110 §8.8.3): each form has its own.
        let tag: String

        init(_ bytes: ByteBuffer, coding: String? = nil) {
            self.coding = coding
            self.bytes = bytes
            tag = WebAssets.tag(bytes)
        }
    }

    /// Nil in a program that was built before the page was.
    let page: String?
    private let assets: [String: Asset]

    static let embedded = WebAssets(files: embeddedFiles())

    init(files: [String: ByteBuffer]) {
        page = files["index.html"].flatMap { String(validating: $0.readableBytesView, as: UTF8.self) }
        var assets: [String: Asset] = [:]
        for (name, bytes) in files where name != "index.html" {
            guard let type = Self.types.first(where: { name.hasSuffix($0.key) })?.value else { continue }
            let compressed = Self.codings.compactMap { suffix, coding in
                files[name + suffix].map { Form($0, coding: coding) }
            }
            assets[name] = Asset(contentType: type, plain: Form(bytes), compressed: compressed)
        }
        self.assets = assets
    }

    subscript(name: String) -> Asset? { assets[name] }

    /// Changes with the content and with nothing else.
    static func tag(_ bytes: ByteBuffer) -> String {
        let digest = SHA256.hash(data: Array(bytes.readableBytesView))
        return "\"" + digest.prefix(12).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined() + "\""
    }

    private static let codings = [(".br", "br"), (".gz", "gzip")]

    private static let types = [
        ".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8",
        ".svg": "image/svg+xml", ".txt": "text/plain; charset=utf-8",
    ]

    private static func embeddedFiles() -> [String: ByteBuffer] {
        var files: [String: ByteBuffer] = [:]
        for index in 0..<srun_asset_count() {
            let asset = srun_asset_at(index)
            guard let name = asset.name, let start = asset.bytes, asset.size > 0 else { continue }
            files[String(cString: name)] = ByteBuffer(bytes: UnsafeBufferPointer(start: start, count: asset.size))
        }
        return files
    }
}
