import HTTPTypes
import HummingbirdCore
import NIOCore
import NIOHTTP1

/// What a browser shows where there is nothing: a sentence and the way to the jobs. Programs get JSON, as for every refusal.
enum NothingHerePage {
    /// Nil for whoever did not ask for a page, or looked for something that is none.
    static func answer(to head: HTTPRequestHead, target: RequestTarget, base: BaseAddress) -> Response? {
        guard head.method == .GET, head.headers[canonicalForm: "accept"].contains(where: { $0.hasPrefix("text/html") }),
            let first = target.segments.first?.raw, !["api", "assets"].contains(first)
        else { return nil }
        let text = """
            <!DOCTYPE html>
            <html lang="en">
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width">
            <title>Nothing here - srun</title>
            <style>
            :root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
            body { margin: 20vh auto 0; max-width: 28rem; padding: 0 1rem }
            h1 { font-size: 1.25rem }
            </style>
            <main>
            <h1>There is nothing at this address</h1>
            <p>The link may be incomplete. <a href="\(WebRoutes.escaped(base.prefix))/">Show all jobs</a></p>
            </main>
            </html>

            """
        return Response(
            status: .notFound, headers: [.contentType: "text/html; charset=utf-8"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }
}
