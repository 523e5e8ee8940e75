import HTTPTypes
import HummingbirdCore
import NIOCore
import SrunKit

extension LogRoutes {
    /// The output as plain text.
    ///
    /// - Parameter end: The offset to stop at; nil to go on until the job ends.
    func text(_ form: TextForm, of feed: LogFeed, upTo end: Int64?) -> Response {
        let body = ResponseBody { writer in
            var form = form
            if let end {
                try await Self.write(&form, feed, upTo: end, to: &writer)
            } else {
                // Nothing yet, but the head leaves: the caller shall know at once that it was heard.
                try await writer.write(ByteBuffer())
                var feed = feed
                while let chunks = try await feed.next() {
                    try await Self.write(form.append(chunks), to: &writer)
                }
                if feed.isCutShort { throw OutputCutShort() }
            }
            try await Self.write(form.finish(), to: &writer)
            try await writer.finish(nil)
        }
        return Response(
            status: .ok,
            headers: [
                .contentType: "text/plain; charset=utf-8",
                .contentDisposition: "attachment; filename=\"\(feed.job).txt\"",
                .contentSecurityPolicy: SecurityHeaders.sandboxPolicy,
            ], body: body)
    }

    private static func write(
        _ form: inout TextForm, _ feed: LogFeed, upTo end: Int64, to writer: inout any ResponseBodyWriter
    ) async throws {
        var feed = feed
        var offset = feed.start
        while offset < end {
            let limit = min(Int(clamping: end - offset), LogFeed.standardLimit)
            guard let chunks = try await feed.next(limit: limit) else { throw OutputCutShort() }
            offset = chunks.last?.end ?? offset
            try await write(form.append(chunks), to: &writer)
        }
    }

    private static func write(_ text: ByteBuffer, to writer: inout any ResponseBodyWriter) async throws {
        if text.readableBytes > 0 { try await writer.write(text) }
    }
}
