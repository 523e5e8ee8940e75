import HTTPTypes
import HummingbirdCore
import NIOCore

/// Compresses an answer for a caller that takes it so.
///
/// Only output and search are, and nothing that holds a secret: the length of a compressed body tells about what is in it.
enum ContentCoding {
    /// Whether `Accept-Encoding` (RFC 9110 §12.5.3) names a coding, or everything, with a weight above 0.
    static func isAccepted(_ coding: String, _ headers: HTTPFields) -> Bool {
        var everything = false
        for item in (headers[.acceptEncoding] ?? "").split(separator: ",") {
            let parts = item.split(separator: ";").map { $0.filter { $0 != " " && $0 != "\t" }.lowercased() }
            let weight = parts.dropFirst().first { $0.hasPrefix("q=") }.map { Double($0.dropFirst(2)) ?? 0 } ?? 1
            switch parts.first {
            case coding, "x-\(coding)": return weight > 0
            case "*": everything = weight > 0
            default: break
            }
        }
        return everything
    }

    /// The answer as the caller wants it.
    ///
    /// - Parameter flushes: Whether every part of the body shall be there when it was written, as of a job that still runs.
    static func applied(to response: Response, for request: Request, flushes: Bool) -> Response {
        var response = response
        response.headers[.vary] = "Accept-Encoding"
        guard isAccepted("gzip", request.headers) else { return response }
        let body = response.body
        response.headers[.contentEncoding] = "gzip"
        response.headers[.contentLength] = nil
        // A range would count bytes of the output, and these are others.
        response.headers[.acceptRanges] = nil
        response.body = ResponseBody { writer in
            guard let encoder = GzipEncoder() else { throw CompressionFailed() }
            try await body.write(GzipWriter(next: writer, encoder: encoder, flushes: flushes))
        }
        return response
    }
}

private struct CompressionFailed: Error {}

private struct GzipWriter: ResponseBodyWriter {
    var next: any ResponseBodyWriter
    let encoder: GzipEncoder
    let flushes: Bool

    mutating func write(_ buffer: ByteBuffer) async throws {
        let bytes = encoder.encode(buffer, flushes && buffer.readableBytes > 0 ? .flushed : .none)
        // Nothing is written through too: that is how the head of an answer leaves before its body.
        if bytes.readableBytes > 0 || buffer.readableBytes == 0 { try await next.write(bytes) }
    }

    consuming func finish(_ trailingHeaders: HTTPFields?) async throws {
        try await next.write(encoder.encode(ByteBuffer(), .finished))
        try await next.finish(trailingHeaders)
    }
}
