import SrunKit

extension Access {
    /// The user whom an issuer means. They are known by the issuer and its number for them, which it gives to nobody else; never by a
    /// name or an address, which somebody else may have there tomorrow.
    ///
    /// A newcomer becomes a user where that is wanted, under the first of their names there that can be one here. A user who is
    /// there already under that name is somebody else until an administrator says otherwise.
    func identity(issued claims: IssuedClaims) async throws -> Identity {
        if let user = try await store.user(claims.identity) {
            guard !user.isDisabled else { throw OpenIDFailure.disabled }
            return Identity(name: user.name, role: user.role, user: user.name)
        }
        guard let role = options.newcomerRole else { throw OpenIDFailure.unknownUser }
        let names = claims.names.compactMap(UserName.init(_:))
        guard let name = names.first(where: { !$0.isReserved }) else { throw OpenIDFailure.unusableName }
        let user = AccessUser(
            name: name.text, role: role, passwordHash: nil, createdAt: now(), identity: claims.identity)
        do {
            try await store.insert(user)
        } catch {
            guard error.code == .alreadyExists else { throw error }
            // Two first sign-ins at once: the other one has made the user. Otherwise the name is somebody else's.
            guard let same = try await store.user(claims.identity), !same.isDisabled else {
                throw OpenIDFailure.nameTaken
            }
            return Identity(name: same.name, role: same.role, user: same.name)
        }
        return Identity(name: user.name, role: role, user: user.name)
    }
}
