/// Why somebody does not get in by OpenID Connect. The raw value goes to the page and into the audit.
enum OpenIDFailure: String, Error, Sendable, CaseIterable {
    /// The sign-in was not begun in this browser, is too old, or was used already.
    case invalidSignIn = "invalid_sign_in"
    /// The person said no at the issuer, or it did.
    case denied = "denied"
    /// What the issuer sent is not signed as it must be, or is for somebody else.
    case invalidToken = "invalid_token"
    case issuerUnavailable = "issuer_unavailable"
    /// Known there, and no user here.
    case unknownUser = "unknown_user"
    /// A user of this name is somebody else, for all that is known.
    case nameTaken = "name_taken"
    /// What the issuer calls them cannot be the name of a user here.
    case unusableName = "unusable_name"
    case disabled = "disabled"
    case tooManyAttempts = "too_many_attempts"
    /// So many sign-ins are under way that this one cannot even begin.
    case busy = "busy"
}
