import HTTPTypes
import HummingbirdCore

/// The fields that every answer carries, whatever it is.
enum SecurityHeaders {
    /// What the page may do: load its own script and style, talk to its own server, and nothing else. Styles may stand
    /// in the page because the terminal writes its colours as style elements; scripts may not.
    static let pagePolicy =
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; connect-src 'self'; "
        + "img-src 'self' data:; font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

    /// For what somebody else has written, such as the output of a job: shown by itself it is an origin of its own that
    /// may do nothing.
    static let sandboxPolicy = "default-src 'none'; frame-ancestors 'none'; sandbox"

    static func add(to response: inout Response, demandsHTTPS: Bool = false) {
        if demandsHTTPS { set(.strictTransportSecurity, "max-age=31536000", in: &response) }
        set(.contentSecurityPolicy, pagePolicy, in: &response)
        set(.xContentTypeOptions, "nosniff", in: &response)
        set(.cacheControl, "no-store", in: &response)
        for (name, value) in others { set(name, value, in: &response) }
    }

    /// A route that has said something itself keeps it.
    private static func set(_ name: HTTPField.Name, _ value: String, in response: inout Response) {
        if !response.headers.contains(name) { response.headers[name] = value }
    }

    private static let others: [(HTTPField.Name, String)] = [
        ("Referrer-Policy", "no-referrer"),
        ("Cross-Origin-Opener-Policy", "same-origin"),
        ("Cross-Origin-Resource-Policy", "same-origin"),
    ].compactMap { name, value in HTTPField.Name(name).map { ($0, value) } }
}
