import HTTPTypes
import HummingbirdCore
import NIOCore

/// The page and its files. They are public: they hold nothing, and whoever wants to sign in needs them first.
struct WebRoutes: Sendable {
    var assets = WebAssets.embedded

    var all: [Route] {
        Self.views.map { .get($0, .public, page) } + [.get("/assets/:name", .public, asset)]
    }

    /// The addresses of the page's views; what each shows is the page's own matter (`ui/src/state/route.ts`).
    private static let views = ["/", "/jobs/:id", "/search", "/nodes", "/users", "/tokens", "/audit"]

    /// Where the page holds the path at which it is served; it may only stand inside an attribute's value.
    private static let basePlaceholder = "__SRUN_BASE__"

    private static let missingPage = """
        <!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>srun</title>
        <p>This program was built without its page. Run <code>make ui</code> in the sources and build again.
        The API and the command line work.</p></html>

        """

    @Sendable private func page(_ request: Request, _ context: RequestContext) async throws -> Response {
        let text = (assets.page ?? Self.missingPage)
            .split(separator: Self.basePlaceholder, omittingEmptySubsequences: false)
            .joined(separator: Self.escaped(context.base.prefix))
        let bytes = ByteBuffer(string: text)
        return answer(request, bytes, type: "text/html; charset=utf-8", tag: WebAssets.tag(bytes))
    }

    @Sendable private func asset(_ request: Request, _ context: RequestContext) async throws -> Response {
        guard let name = context.parameters["name"] ?? nil, let asset = assets[name] else {
            throw RequestError.notFound
        }
        let form = asset.form(for: request.headers)
        var response = answer(request, form.bytes, type: asset.contentType, tag: form.tag)
        if let coding = form.coding { response.headers[.contentEncoding] = coding }
        if !asset.compressed.isEmpty { response.headers[.vary] = "Accept-Encoding" }
        return response
    }

    /// May be kept, and is asked for again each time: a new server has a new page at the same address.
    private func answer(_ request: Request, _ bytes: ByteBuffer, type: String, tag: String) -> Response {
        var headers: HTTPFields = [.eTag: tag, .cacheControl: "no-cache", .contentType: type]
        // RFC 9110 §13.1.2. A proxy may have marked the tag as weak.
        let known = request.headers[.ifNoneMatch]?.split(separator: ",").map { String($0).trimmingSpaces } ?? []
        guard !known.contains(where: { $0 == tag || $0 == "W/\(tag)" || $0 == "*" }) else {
            headers[.contentType] = nil
            return Response(status: .notModified, headers: headers)
        }
        return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: bytes))
    }

    /// What comes here was checked and needs no escaping; that this stays so is not left to a file far away.
    static func escaped(_ text: String) -> String {
        text.reduce(into: "") { result, character in
            switch character {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            default: result.append(character)
            }
        }
    }
}
