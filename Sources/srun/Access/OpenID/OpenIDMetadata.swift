/// Where an issuer does what, by its own words (OpenID Connect Discovery §3).
struct OpenIDMetadata: Sendable {
    let authorizationEndpoint: String
    let tokenEndpoint: String
    let keysURL: String
    /// Whether the client's secret stands in the form rather than in a header field.
    let takesSecretInForm: Bool
    /// Whether the way back always says which issuer it comes from (RFC 9207).
    let namesItself: Bool

    /// Nil for a description that is not this issuer's, or leads where others could read along.
    init?(_ json: JSONValue, issuer: String) {
        guard json["issuer"]?.text == issuer, let authorization = json["authorization_endpoint"]?.text,
            let token = json["token_endpoint"]?.text, let keys = json["jwks_uri"]?.text,
            [authorization, token, keys].allSatisfy(OpenIDSettings.isSafe)
        else { return nil }
        authorizationEndpoint = authorization
        tokenEndpoint = token
        keysURL = keys
        // §3: without the list it is the header field.
        var methods = [JSONValue.string("client_secret_basic")]
        if case .array(let list) = json["token_endpoint_auth_methods_supported"] { methods = list }
        takesSecretInForm =
            !methods.contains(.string("client_secret_basic")) && methods.contains(.string("client_secret_post"))
        namesItself = json["authorization_response_iss_parameter_supported"] == .bool(true)
    }
}
