import HTTPTypes
import NIOHTTP1

extension HTTPRequestHead {
    /// The parser lets no other major version through.
    var isHTTP10: Bool { version == .http1_0 }

    /// After such a request the parser reads nothing more, because what follows may be another protocol.
    var endsParsing: Bool {
        method == .CONNECT
            || headers.contains(name: "upgrade")
                && headers[canonicalForm: "connection"].contains { $0.lowercased() == "upgrade" }
    }

    var expectsContinue: Bool {
        !isHTTP10 && headers[canonicalForm: "expect"].contains { $0.lowercased() == "100-continue" }
    }
}

extension HTTPParserError {
    var refusal: RequestError {
        switch self {
        case .headerOverflow:
            .malformed(
                "the head of the request is too large", status: .requestHeaderFieldsTooLarge, code: "head_too_large")
        default: .malformed("this is not an HTTP/1.1 request")
        }
    }
}
